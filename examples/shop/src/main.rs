//! An app whose routes come from two other crates. `cargo run -p shop --bin shop -- --table` prints them.

use routekit::App;
// A linker drops a crate that no code refers to. This line keeps it.
use shop_orders as _;

#[tokio::main]
async fn main() -> Result<(), routekit::Error> {
    // Only these crates may declare endpoints, and each must declare some.
    let app = App::discover_from(["shop-orders", "shop-billing"]).provide(shop_billing::Sender("billing@shop.example"));
    if std::env::args().any(|argument| argument == "--table") {
        return app.table().map(|table| {
            #[expect(clippy::print_stdout, reason = "it was asked for")]
            {
                print!("{table}");
            }
        });
    }
    // Logs go to standard output: for people, or for machines with `ROUTEKIT_LOG_FORMAT=json`.
    routekit::telemetry::init()?;
    app.serve().await
}
