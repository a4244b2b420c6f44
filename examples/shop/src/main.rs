//! An app whose routes come from two other crates, with a command line. `cargo run -p shop --bin shop -- routes` lists
//! them, and `-- --help` the other commands.

use std::process::ExitCode;

use routekit::App;
// A linker drops a crate that no code refers to. This line keeps it.
use shop_orders as _;

#[tokio::main]
async fn main() -> Result<ExitCode, routekit::Error> {
    // Logs go to standard output: for people, or for machines with `ROUTEKIT_LOG_FORMAT=json`.
    routekit::telemetry::init()?;
    // Only these crates may declare endpoints, and each must declare some.
    let app = App::discover_from(["shop-orders", "shop-billing"]).provide(shop_billing::Sender("billing@shop.example"));
    Ok(app.run().await)
}
