//! Refuses requests that a page of another site makes a browser send with the user's cookies (cross-site request
//! forgery).
//!
//! A browser adds the cookies of an app to the requests of every page. So an identity from a cookie proves who the user
//! is, and not which page acts. On by default, wherever the identity of a request came from a cookie:
//!
//! 1. The check concerns requests that may change something, that is all but GET, HEAD and OPTIONS, and requests to
//!    upgrade the connection, such as a WebSocket's.
//! 2. It concerns requests with an [`Identity`](crate::identity::Identity) and a `Cookie` header. In hand-written
//!    routers it concerns every request with a `Cookie` header, because their own layers and handlers may take an
//!    identity from it further in. It does not concern requests with an `Authorization` header, which a page of another
//!    origin cannot set, and identities of a verifier that [uses no cookies](crate::auth::Verifier::uses_cookies), such
//!    as API keys. Basic, Digest, Negotiate and NTLM credentials, which a browser sends by itself, count as cookies.
//! 3. `Sec-Fetch-Site`, which a page cannot forge, decides: `same-origin` and `none` pass; `cross-site`, `same-site`
//!    and anything else is refused.
//! 4. A browser without it sends `Origin`, which must be the host of the request. A malformed one, an empty one and
//!    `null` are foreign.
//! 5. A request with neither is not from a browser, and passes.
//! 6. Requests of trusted origins pass: those in `csrf.origins`, and those that may send credentials by
//!    [CORS](crate::edge::cors). `csrf.allow_same_site` also trusts other hosts of the same site.
//! 7. A refused request gets a 403, and the observers an [`Event::CrossSite`](crate::observe::Event::CrossSite). The
//!    log has a warning of the target `routekit::csrf` with the route, the `Origin` and the number of refusals, at most
//!    every ten seconds; at level `debug`, it has each refusal.
//!
//! The check is behind `auth`. What it does not see:
//!
//! - Identities that the `layer(…)` of a declared route sets: that layer is further in. Put a [`CsrfLayer`] inside it,
//!   or set the identity in [`App::layer`](crate::App::layer) or [`App::identify`](crate::App::identify).
//! - Handlers of declared routes that read cookies without an `Identity`.
//!
//! A proxy that changes `Host` leaves only rule 3, and old browsers are refused. Then name the origin of the app in
//! `csrf.origins`.
//!
//! A page of another site may have to send a form to the app, such as the callback of a payment provider or of a
//! sign-in service. Requests between servers have no cookies and pass. A browser may send cookies of the app with such
//! a form, so a hand-written router refuses it. Name the origin of the page in `csrf.origins`, or declare the callback
//! as a route without `auth`, which has no identity.
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
mod refusal_log;

use http::HeaderName;

pub(crate) use self::check::CrossSiteCheck;
pub use self::layer::{CsrfFuture, CsrfLayer, CsrfService, InvalidOriginError};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
