use routekit::{axum::http::StatusCode, breaker::Outcome, prelude::*};

fn classify(status: StatusCode) -> Outcome {
    if status.is_success() { Outcome::Success } else { Outcome::Failure }
}

#[get("/prices", breaker(classify = classify))]
async fn prices() {}

fn main() {}
