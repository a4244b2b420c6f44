//! `curl localhost:3000/orders -H 'cookie: session=ann'`

use sessions::{Sessions, User};

#[tokio::main]
async fn main() -> Result<(), routekit::Error> {
    routekit::telemetry::init()?;
    let sessions = Sessions::default();
    sessions.open("ann", User { name: "Ann".to_owned(), staff: true });
    sessions.open("bob", User { name: "Bob".to_owned(), staff: false });
    sessions::app(sessions).serve().await
}
