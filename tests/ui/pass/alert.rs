use routekit::prelude::*;

#[get("/a", alert(error_rate = 0.01))]
async fn error_rate() {}

#[get("/b", slow = "1s", alert(p99 = "300ms", mean = 2, error_rate = 0.999999,))]
async fn all() {}

#[route(any, "/c", alert(mean = "1h30m"))]
async fn mean() {}

fn main() {
    let routes = routes![error_rate, all, mean];
    assert_eq!(routes.len(), 3);
}
