use routekit::{axum::extract::State, prelude::*};

#[derive(Clone)]
struct Shop;

async fn sorry(_: State<Shop>) -> &'static str {
    "later"
}

#[get("/prices", breaker(fallback = sorry))]
async fn prices() {}

fn main() {}
