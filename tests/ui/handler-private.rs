use routekit::prelude::*;

mod users {
    use routekit::prelude::*;

    #[get("/users")]
    async fn list() {}
}

fn main() {
    drop(App::with_routes(routes![users::list]));
}
