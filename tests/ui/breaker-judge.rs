use routekit::{breaker::Outcome, prelude::*};

fn decide(_: &routekit::axum::response::Response) -> Outcome {
    Outcome::Neutral
}

#[get("/prices", breaker(judge = decide))]
async fn prices() {}

fn main() {}
