//! Authorisation: tokens for people, API keys for machines, and every route closed unless it is `public`.

use std::sync::{Mutex, PoisonError};

use routekit::{
    auth::{
        ApiKeys,
        jwt::{Algorithm, Jwt, VerifyingKey},
    },
    identity::Claims,
    prelude::*,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The issuer that signs the tokens.
pub const ISSUER: &str = "https://login.example.com";
/// The name of this API in `aud`.
pub const AUDIENCE: &str = "members";
/// The SHA-256 of the key that the nightly report sends: `printf %s nightly-report-key | sha256sum`.
const REPORT_KEY: &str = "bf949189e11075b64e8ef569c21c079c5dde9f865936a67afebd4de3a1a7ab02";

/// The names of the members.
#[derive(Debug, Default)]
pub struct Members(Mutex<Vec<String>>);

impl Members {
    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The app. `secret` is shared with the issuer; for an issuer with public keys, write `.jwks(Jwks::url(…))`.
#[must_use = "an app does nothing until it is served"]
pub fn app(secret: &[u8]) -> App {
    let tokens = Jwt::new(ISSUER, AUDIENCE).key(VerifyingKey::secret(Algorithm::HS256, secret));
    let machines = ApiKeys::new().digest(REPORT_KEY, Identity::new("nightly-report").with_scopes(["members:read"]));
    App::discover_from(["members"]).require_auth().verifier(tokens).verifier(machines).provide(Members::default())
}

/// Reports that the service works. The only route that needs no credentials.
#[get("/status", public)]
async fn status() -> &'static str {
    "open"
}

/// Greets an identified client by name. Credentials are optional, but must be valid if sent.
#[get("/greeting", auth(optional))]
async fn greeting(who: Option<Identity>) -> String {
    format!("hello, {}", who.as_ref().map_or("stranger", Identity::sub))
}

/// Further claims of a token.
#[derive(Deserialize)]
struct Profile {
    locale: Option<String>,
}

/// Shows the caller. The attribute names no access rule, so every identified client may call it.
#[get("/me")]
async fn me(who: Identity, profile: Claims<Profile>) -> String {
    format!("{} ({})", who.sub(), profile.locale.as_deref().unwrap_or("anywhere"))
}

/// Lists the members.
#[get("/members", auth(scope("members:read")))]
async fn list(members: Dep<Members>) -> Json<Names> {
    Json(Names { names: members.all() })
}

#[derive(Serialize, JsonSchema)]
struct Names {
    names: Vec<String>,
}

#[derive(Deserialize, Validate, JsonSchema)]
struct NewMember {
    #[validate(length(min = 1, max = 64))]
    name: String,
}

/// Adds a member.
#[post("/members", auth(role("admin")))]
async fn join(new: Json<NewMember>, members: Dep<Members>) {
    members.0.lock().unwrap_or_else(PoisonError::into_inner).push(new.0.name);
}

/// Removes a member. Needs the role `admin` or the permission `members:remove`.
#[delete("/members/{name}", auth(any(role("admin"), permission("members:remove"))))]
async fn leave(name: String, members: Dep<Members>) -> Result<()> {
    let mut members = members.0.lock().unwrap_or_else(PoisonError::into_inner);
    let place = members.iter().position(|member| *member == name);
    members.remove(place.ok_or_else(|| Problem::not_found("no member has this name"))?);
    Ok(())
}

/// Exports all members. Needs a scope and a permission.
#[get("/members/export", auth(scope("members:read"), permission("members:export")))]
async fn export(members: Dep<Members>) -> String {
    members.all().join("\n")
}
