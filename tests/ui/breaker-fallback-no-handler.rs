use routekit::prelude::*;

mod cached {
    pub(crate) async fn prices(currency: u32) -> String {
        currency.to_string()
    }
}

#[get("/prices", breaker(fallback = cached::prices))]
async fn prices() {}

fn main() {}
