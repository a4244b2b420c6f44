//! Refuses requests that a page of another site makes a browser send with the user's cookies (cross-site request
//! forgery).
//!
//! A browser adds the cookies of an app to the requests of every page. So an identity from a cookie proves who the user
//! is, and not which page acts. On by default, wherever the identity of a request came from a cookie:
//!
//! 1. The check concerns requests that may change something, that is all but GET, HEAD and OPTIONS, and requests to
//!    upgrade the connection, such as a WebSocket's.
//! 2. It concerns requests with an [`Identity`](crate::identity::Identity) and a `Cookie` header. It does not concern
//!    requests with an `Authorization` header, which a page of another origin cannot set, and identities of a verifier
//!    that [uses no cookies](crate::auth::Verifier::uses_cookies), such as API keys. Basic, Digest, Negotiate and NTLM
//!    credentials, which a browser sends by itself, count as cookies.
//! 3. `Sec-Fetch-Site`, which a page cannot forge, decides: `same-origin` and `none` pass; `cross-site`, `same-site`
//!    and anything else is refused.
//! 4. A browser without it sends `Origin`, which must be the host of the request. A malformed one and `null` are
//!    foreign.
//! 5. A request with neither is not from a browser, and passes.
//! 6. Requests of trusted origins pass: those in `csrf.origins`, and those that may send credentials by
//!    [CORS](crate::edge::cors). `csrf.allow_same_site` also trusts other hosts of the same site.
//! 7. A refused request gets a 403, and the observers an [`Event::CrossSite`](crate::observe::Event::CrossSite).
//!
//! The check is behind `auth`, and applies to hand-written routers as well. A handler that reads cookies without an
//! `Identity` is not protected. A proxy that changes `Host` leaves only rule 3, and old browsers are refused; then name
//! the origin of the app in `csrf.origins`.
//!
//! tower-http's `csrf` module decides (rules 3 to 5). [`CsrfLayer`] applies the policy to any axum router, inside the
//! layer that identifies the client:
//!
//! ```
//! use axum::{Router, body::Body, extract::Request, routing::post};
//! use routekit::{edge::CsrfLayer, identity::Identity};
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let app: Router = Router::new().route("/transfer", post(|| async {})).layer(CsrfLayer::new());
//! // As a layer would send it that knows the session of the cookie.
//! let request = |site: &str| {
//!     let request = Request::post("/transfer").header("cookie", "session=1").header("sec-fetch-site", site);
//!     request.extension(Identity::new("ann")).body(Body::empty()).unwrap()
//! };
//! assert_eq!(app.clone().oneshot(request("same-origin")).await.unwrap().status(), 200);
//! assert_eq!(app.oneshot(request("cross-site")).await.unwrap().status(), 403);
//! # }
//! ```

mod check;
mod layer;

pub(crate) use self::check::CrossSiteCheck;
pub use self::layer::{CsrfFuture, CsrfLayer, CsrfService, InvalidOriginError};
