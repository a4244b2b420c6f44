//! A program that does not refer to a crate with routes: start-up fails with the crate's name, instead of 404s later.

use routekit::App;
use shop_orders as _;

#[tokio::main]
async fn main() -> Result<(), routekit::Error> {
    App::discover().expect_crates(["shop_orders", "shop_billing"]).serve().await
}
