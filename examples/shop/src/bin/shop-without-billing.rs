//! What happens when nothing refers to a crate that should bring routes: an error that names it, and not 404s.

use routekit::App;
use shop_orders as _;

#[tokio::main]
async fn main() -> Result<(), routekit::Error> {
    App::discover().expect_crates(["shop_orders", "shop_billing"]).serve().await
}
