//! `cargo run -p members` serves the app. `cargo run -p members -- ann members:read` prints a token that is valid for
//! an hour, as an issuer would. Both need the same `MEMBERS_SECRET`; without one, the program makes one and prints it.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "prints the requested token and a new secret")]

use std::time::SystemTime;

use jsonwebtoken::{EncodingKey, Header, encode};
use members::{AUDIENCE, ISSUER};
use serde_json::json;
use uuid::Uuid;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let secret = std::env::var("MEMBERS_SECRET").unwrap_or_else(|_| new_secret());
    let mut arguments = std::env::args().skip(1);
    if let Some(sub) = arguments.next() {
        #[expect(clippy::disallowed_methods, reason = "an issuer's clock")]
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
        let scope: Vec<String> = arguments.collect();
        let claims = json!({
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": sub,
            "exp": now + 3600,
            "scope": scope.join(" "),
            "roles": ["member"],
        });
        println!("{}", encode(&Header::default(), &claims, &EncodingKey::from_secret(secret.as_bytes()))?);
        return Ok(());
    }
    routekit::telemetry::init()?;
    Ok(members::app(secret.as_bytes()).serve().await?)
}

/// A random secret of 244 bits, which is printed for the other command.
fn new_secret() -> String {
    let secret = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    eprintln!("MEMBERS_SECRET is not set; a new one: MEMBERS_SECRET={secret}");
    secret
}
