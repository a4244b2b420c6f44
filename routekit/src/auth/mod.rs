//! Who may call a route: credentials are verified here, and what they grant is compared with what the route asks for.
//!
//! 1. A route says who may call it: `auth` (whoever is identified), `auth(scope("users:read"))`, `auth(role("admin"))`,
//!    `auth(permission("users:write"))`, `auth(optional)` or `public`. Everything that is listed must be met; of
//!    `any(role("admin"), role("support"))`, one. So `scope("a", "b")` is both, and `any(scope("a", "b"))` either. What a route
//!    does not say, the app does: [`App::require_auth`](crate::App::require_auth) closes all routes that are not `public`.
//! 2. An [`Identity`](crate::identity::Identity) that is in the request already is believed: a layer of yours has put it there.
//! 3. Otherwise every [`Verifier`] of the app is asked, in their order, and the first that knows the client has said who it is.
//!    A verifier that finds no credentials of its kind has no say.
//! 4. Nobody knows the client: 401, with a `WWW-Authenticate` that says what is wanted (RFC 6750 §3). So are credentials that were
//!    brought and refused, also on an optional route: a token with `invalid_token`, and none with a reason. That is for the log,
//!    at level `debug`.
//! 5. The client lacks a grant: 403 that names it; a missing scope is in the challenge too (`insufficient_scope`).
//! 6. A verifier that cannot tell, because what it asks is away, or verifiers that together take longer than ten seconds: 503
//!    (the route's `timeout` begins later). Nobody passes who was not verified.
//! 7. Hand-written routers know nobody, except with `require_auth`, or with this layer around them.
//! 8. A `public` route costs a branch, and has no identity unless a layer has put one there.
//!
//! Verifiers: [`ApiKeys`], `jwt::Jwt` with the feature `jwt` (with keys from a URL with the feature `jwks`), a function
//! ([`App::identify`](crate::App::identify)), or whatever implements [`Verifier`].
//!
//! The policy is also a layer for any axum router:
//!
//! ```
//! use axum::{Router, body::Body, extract::Request, routing::get};
//! use routekit::{
//!     auth::{Access, ApiKeys, AuthLayer, Grant, Verifiers},
//!     identity::Identity,
//! };
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let robot = Identity::new("robot").with_scopes(["orders:read"]);
//! let keys = ApiKeys::new().key("3f6cbe80a6c1a1f7c62ac5f6c5e6b3a4", robot);
//! let auth = AuthLayer::new(Access::Identified(&[&[Grant::Scope("orders:read")]]), Verifiers::new().with(keys));
//! let app: Router = Router::new().route("/orders", get(|who: Identity| async move { who.sub().to_owned() })).layer(auth);
//!
//! let asked = Request::get("/orders").body(Body::empty()).unwrap();
//! assert_eq!(app.clone().oneshot(asked).await.unwrap().status(), 401);
//!
//! let asked = Request::get("/orders").header("x-api-key", "3f6cbe80a6c1a1f7c62ac5f6c5e6b3a4").body(Body::empty()).unwrap();
//! assert_eq!(app.oneshot(asked).await.unwrap().status(), 200);
//! # }
//! ```

mod access_check;
mod api_keys;
mod bearer;
mod identify;
#[cfg(feature = "jwt")]
pub mod jwt;
mod layer;
mod refusal;
mod verifier;
mod verifiers;

pub(crate) use self::{
    access_check::AccessCheck,
    bearer::{Bearer, bearer},
    identify::Identify,
    refusal::unauthorized,
};
pub use self::{
    api_keys::{ApiKeyDigest, ApiKeys, InvalidDigest},
    identify::IdentifyBy,
    layer::{Auth, AuthFuture, AuthLayer},
    verifier::{Verifier, VerifierContext, VerifyError},
    verifiers::Verifiers,
};
pub use crate::route::{Access, AnyOf, Grant};
