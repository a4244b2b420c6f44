//! `cargo run -p members` serves the app. `cargo run -p members -- ann members:read` prints a token that is valid for
//! an hour, as an issuer would.

#![expect(clippy::print_stdout, reason = "prints the requested token")]

use std::time::SystemTime;

use jsonwebtoken::{EncodingKey, Header, encode};
use members::{AUDIENCE, ISSUER};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let secret = std::env::var("MEMBERS_SECRET").unwrap_or_else(|_| "for trying out only, not for use".to_owned());
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
