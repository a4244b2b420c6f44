use routekit::{axum::http::StatusCode, breaker::Outcome, prelude::*};

fn judge(status: StatusCode) -> Outcome {
    if status.is_success() { Outcome::Success } else { Outcome::Failure }
}

#[get("/prices", breaker(judge = judge))]
async fn prices() {}

fn main() {}
