//! Who may do what: tokens for people, API keys for machines, and every route closed that is not `public`.

use std::sync::{Mutex, PoisonError};

use routekit::{
    auth::{
        ApiKeys,
        jwt::{Algorithm, Jwt, VerifyingKey},
    },
    identity::Claims,
    prelude::*,
};
use serde::{Deserialize, Serialize};

/// Who signs the tokens, and for whom.
pub const ISSUER: &str = "https://login.example.com";
/// The name of this API in `aud`.
pub const AUDIENCE: &str = "members";
/// The SHA-256 of the key that the nightly report brings: `printf %s nightly-report-key | sha256sum`.
const REPORT_KEY: &str = "bf949189e11075b64e8ef569c21c079c5dde9f865936a67afebd4de3a1a7ab02";

/// The names of the members.
#[derive(Debug, Default)]
pub struct Members(Mutex<Vec<String>>);

impl Members {
    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The app. `secret` is shared with the issuer; with an issuer that has public keys, it would be `.jwks(Jwks::url(…))`.
#[must_use = "an app does nothing until it is served"]
pub fn app(secret: &[u8]) -> App {
    let tokens = Jwt::new(ISSUER, AUDIENCE).key(VerifyingKey::secret(Algorithm::HS256, secret));
    let machines = ApiKeys::new().digest(REPORT_KEY, Identity::new("nightly-report").with_scopes(["members:read"]));
    App::discover_from(["members"]).require_auth().verifier(tokens).verifier(machines).provide(Members::default())
}

/// Whether it works. The one route that anybody may call.
#[get("/status", public)]
async fn status() -> &'static str {
    "open"
}

/// Says hello, by name to whoever has one. Credentials that are brought must be valid.
#[get("/greeting", auth(optional))]
async fn greeting(who: Option<Identity>) -> String {
    format!("hello, {}", who.as_ref().map_or("stranger", Identity::sub))
}

/// What a token says of its bearer beside the name.
#[derive(Deserialize)]
struct Profile {
    locale: Option<String>,
}

/// Who is asking. It says nothing of who may call it, so whoever is identified may.
#[get("/me")]
async fn me(who: Identity, profile: Claims<Profile>) -> String {
    format!("{} ({})", who.sub(), profile.locale.as_deref().unwrap_or("anywhere"))
}

/// Lists the members.
#[get("/members", auth(scope("members:read")))]
async fn list(members: Dep<Members>) -> Json<Names> {
    Json(Names { names: members.all() })
}

#[derive(Serialize)]
struct Names {
    names: Vec<String>,
}

#[derive(Deserialize, Validate)]
struct NewMember {
    #[validate(length(min = 1, max = 64))]
    name: String,
}

/// Takes a member in.
#[post("/members", auth(role("admin")))]
async fn join(new: Json<NewMember>, members: Dep<Members>) {
    members.0.lock().unwrap_or_else(PoisonError::into_inner).push(new.0.name);
}

/// Shows a member out: for admins, and for whoever was given leave to.
#[delete("/members/{name}", auth(any(role("admin"), permission("members:remove"))))]
async fn leave(name: String, members: Dep<Members>) -> Result<()> {
    let mut members = members.0.lock().unwrap_or_else(PoisonError::into_inner);
    let place = members.iter().position(|member| *member == name);
    members.remove(place.ok_or_else(|| Problem::not_found("nobody has this name"))?);
    Ok(())
}

/// All of them at once: for whoever may read, and was given leave to take it away.
#[get("/members/export", auth(scope("members:read"), permission("members:export")))]
async fn export(members: Dep<Members>) -> String {
    members.all().join("\n")
}
