//! Authentication and authorisation: verifiers identify the client, and each route declares the grants that it
//! requires.
//!
//! ```
//! use routekit::{auth::ApiKeys, prelude::*};
//!
//! #[get("/orders", auth(scope("orders:read")))]
//! async fn orders(client: Identity) -> String {
//!     format!("orders of {}", client.sub())
//! }
//!
//! # fn main() {
//! let robot = Identity::new("robot").with_scopes(["orders:read"]);
//! let keys = ApiKeys::new().key("3f6cbe80a6c1a1f7c62ac5f6c5e6b3a4", robot);
//! let app = App::with_routes(routes![orders]).verifier(keys);
//! # let _ = app;
//! # }
//! ```
//!
//! 1. A route declares its access: `auth` (any identified client), `auth(scope("users:read"))`, `auth(role("admin"))`,
//!    `auth(permission("users:write"))`, `auth(optional)` or `public`. All listed grants are required, and of those in
//!    `any(…)` at least one: `scope("a", "b")` requires both, `any(scope("a", "b"))` either.
//!    [`App::require_auth`](crate::App::require_auth) requires an identified client on routes that declare nothing.
//! 2. An [`Identity`](crate::identity::Identity) that is already in the request's extensions is trusted. Only a layer
//!    of the program can have put it there.
//! 3. Otherwise the [`Verifier`]s of the app are called in order, those that [use no cookies](Verifier::uses_cookies)
//!    before the others. The first that finds credentials of its kind decides. If it refuses them, only verifiers of
//!    the same [scheme](Verifier::scheme) are called, such as that of another issuer: a wrong API key beside a valid
//!    session is a 401.
//! 4. A client without valid credentials gets a 401 with `WWW-Authenticate` (RFC 6750 §3). So does a client whose
//!    credentials were refused, even on an optional route; a refused token adds `invalid_token`. The reason is only
//!    logged, at level `debug`.
//! 5. A client that lacks a grant gets a 403 that names the grant. If it lacks a scope, the challenge has
//!    `insufficient_scope`.
//! 6. If a verifier is unavailable, or all together take longer than ten seconds, the response is a 503: a client that
//!    could not be verified never passes. The route's `timeout` starts after verification.
//! 7. Requests to hand-written routers have no identity, unless the app has `require_auth` or this layer wraps the
//!    router.
//! 8. On a `public` route, the policy costs one branch. A request to it has an identity only if a layer has set one.
//! 9. Where access is checked, a response that has neither `Cache-Control` nor `Expires` says `no-store`, refusals
//!    included. Cached routes say something else.
//! 10. A request of another site is refused if its identity came from a cookie: see [`csrf`](crate::edge::csrf).
//!
//! Verifiers are [`ApiKeys`], `jwt::Jwt` (feature `jwt`; with keys from a URL with the feature `jwks`), a function
//! ([`App::identify`](crate::App::identify)), and types that implement [`Verifier`]. Log events have the target
//! `routekit::auth`.
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
//! let auth = AuthLayer::new(Access::identified().all_of([Grant::scope("orders:read")]), Verifiers::new().with(keys));
//! let orders = get(|client: Identity| async move { client.sub().to_owned() });
//! let app: Router = Router::new().route("/orders", orders).layer(auth);
//!
//! let request = Request::get("/orders").body(Body::empty()).unwrap();
//! assert_eq!(app.clone().oneshot(request).await.unwrap().status(), 401);
//!
//! let request = Request::get("/orders").header("x-api-key", "3f6cbe80a6c1a1f7c62ac5f6c5e6b3a4");
//! let request = request.body(Body::empty()).unwrap();
//! assert_eq!(app.oneshot(request).await.unwrap().status(), 200);
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

#[cfg(feature = "schema")]
pub(crate) use self::verifiers::VerifierFacts;
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
pub use crate::route::{Access, Grant, GrantKind, Requirements};
