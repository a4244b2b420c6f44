//! Cross-origin resource sharing: which pages of other origins may read responses (Fetch Standard §3.2).
//!
//! 1. Off by default: without `cors.origins` in the configuration or [`App::cors`](crate::App::cors), no response has a
//!    CORS header, and `OPTIONS` requests reach the router.
//! 2. A preflight is an `OPTIONS` request with `Origin` and `Access-Control-Request-Method`. It is answered before the
//!    router with 204, without authentication and without any other policy of the route. `Access-Control-Allow-Methods`
//!    names the methods that routes declare at this path, or those of them that the policy allows.
//! 3. A preflight to a path without a declared route reaches the router. In an app with hand-written routers it is
//!    answered with the methods of the policy, or with GET, HEAD, POST, PUT, PATCH and DELETE.
//! 4. Every other response gets the headers for the `Origin` of its request, problems and responses to panics included,
//!    so that a page can read them. A header that the handler has set is not replaced.
//! 5. Responses to a list of origins name `Origin` in `Vary`, also if the request has none. The cache is further in, so
//!    a stored response gets the headers of each request.
//! 6. A page of another origin is refused by the browser, and not by the app: the handler runs. See
//!    [`csrf`](crate::edge::csrf) for requests that change something.
//!
//! Any origin together with credentials, an origin that no page has, an unknown method, `*` as a method or as one of
//! several headers, and settings of `[cors]` without any origins, are errors at start-up.
//!
//! tower-http's `CorsLayer` makes the headers; on a plain axum router, use it directly.

mod answers;
mod policy;

pub use self::policy::{CorsHeaders, CorsPolicy};
pub(crate) use self::{
    answers::{CorsAnswers, CorsOfRequest, CorsRules},
    policy::DEFAULT_MAX_AGE,
};
