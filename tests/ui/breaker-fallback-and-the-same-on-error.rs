use routekit::prelude::*;

async fn sorry() {}

#[get("/prices", breaker(fallback = sorry, fallback_on_error = sorry))]
async fn prices() {}

fn main() {}
