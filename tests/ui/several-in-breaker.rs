use routekit::prelude::*;

#[get(
    "/prices",
    concurrency = 0,
    breaker(
        failure_rate = 50,
        window = 20,
        min_calls = 30,
        half_open_calls = 40,
        slow_cal = "1s",
        slow_rate = 0.5,
        backoff = "2",
        max_open_for = "30s",
        open_for = 60u8,
        open_for = 60,
        name,
    )
)]
async fn prices() {}

fn main() {}
