//! Tokens of a program that was started without an issuer, by a developer.

use std::time::SystemTime;

use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;
use uuid::Uuid;

/// The name of this API in `aud`.
pub(crate) const AUDIENCE: &str = "production";
/// The role of those who may change users and read the admin surface.
pub(crate) const OPERATOR: &str = "operator";
/// The issuer of development tokens.
pub(crate) const DEVELOPMENT_ISSUER: &str = "http://localhost";

/// A random secret of 244 bits.
pub(crate) fn new_secret() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

/// A token of an operator called `ann`, valid for a day.
pub(crate) fn development_token(secret: &str) -> Result<String, jsonwebtoken::errors::Error> {
    #[expect(clippy::disallowed_methods, reason = "an issuer's clock")]
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let claims = json!({
        "iss": DEVELOPMENT_ISSUER,
        "aud": AUDIENCE,
        "sub": "ann",
        "exp": now + 24 * 3600,
        "roles": [OPERATOR],
    });
    encode(&Header::default(), &claims, &EncodingKey::from_secret(secret.as_bytes()))
}
