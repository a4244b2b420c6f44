use routekit::{
    prelude::*,
    rate_limit::{Limit, Rate},
};

mod tenants {
    pub(crate) fn of(parts: &http::request::Parts) -> String {
        parts.uri.path().to_owned()
    }
}

#[get("/a", rate_limit("10/s"))]
async fn one() {}

#[get(
    "/b",
    auth,
    rate_limit("10/s", burst = 20, name = "burst"),
    rate_limit("1000/day", per = "user", name = "daily",),
    rate_limit("5/min", per = "header:X-Api-Key", mode = "observe"),
    rate_limit("100/15m", per = tenants::of, mode = "enforce"),
    rate_limit("9/s", shared, burst = 10)
)]
async fn all() {}

#[post("/c", rate_limit(off), rate_limit(off))]
async fn off() {}

macro_rules! limited {
    ($rate:literal, $burst:literal) => {
        #[get("/d", rate_limit($rate, burst = $burst))]
        async fn from_a_macro() {}
    };
}

limited!("2/h", 3);

fn main() {
    let limits = all::ROUTE.meta().policies().rate_limits().unwrap();
    assert_eq!(limits.iter().map(|limit| limit.is_shared()).collect::<Vec<_>>(), [false, false, false, false, true]);
    let limits: Vec<_> = limits.iter().map(|limit| (limit.name(), limit.burst(), limit.observes())).collect();
    let expected = [("burst", 20, false), ("daily", 1000, false), ("x-api-key", 5, true), ("of", 100, false), ("ip", 10, false)];
    assert_eq!(limits, expected);
    assert_eq!(off::ROUTE.meta().policies().rate_limits().map(<[_]>::len), Some(0));
    assert_eq!(one::ROUTE.meta().policies().rate_limits().unwrap()[0].rate(), Rate::parse("10/s").unwrap());
    let app = App::with_routes(routes![one, off, from_a_macro]);
    let app = app.rate_limit(Limit::new(Rate::new(100, 1000))).config(Default::default());
    assert!(app.table().is_ok());
}
