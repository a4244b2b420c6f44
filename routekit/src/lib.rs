//! Production needs of an HTTP API, declared on its handlers: validation, policies, metrics and health, on axum.
//!
//! ```
//! use routekit::{prelude::*, test::TestApp};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Deserialize, Validate)]
//! struct Greet {
//!     #[validate(length(min = 1, max = 64))]
//!     name: String,
//! }
//!
//! #[derive(Serialize)]
//! struct Greeting {
//!     text: String,
//! }
//!
//! /// Greets a user.
//! #[get("/greetings/{language}", timeout = "2s")]
//! async fn greet(language: String, query: Query<Greet>) -> Result<Json<Greeting>> {
//!     match language.as_str() {
//!         "en" => Ok(Json(Greeting { text: format!("hello, {}", query.name) })),
//!         _ => Err(Problem::not_found("no such language")),
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! // A program calls `App::discover().serve().await`. A `TestApp` needs no socket.
//! let app = TestApp::new(App::with_routes(routes![greet]));
//! assert_eq!(app.get("/greetings/en?name=ann").send().await.text(), r#"{"text":"hello, ann"}"#);
//! assert_eq!(app.get("/greetings/en?name=").send().await.status(), 422);
//! assert_eq!(app.get("/greetings/xx?name=ann").send().await.status(), 404);
//! # }
//! ```
//!
//! # Where to look
//!
//! | to | see |
//! | --- | --- |
//! | declare a route | [`macro@route`] and its short forms [`get`], [`post`], [`put`], [`patch`], [`delete`], [`any`] |
//! | set defaults for all routes of a module | [`macro@group`] |
//! | collect and serve routes | [`App`] |
//! | share a database pool or a client | [`Dep`] |
//! | validate input | [`extract`] |
//! | write your own extractor | [`describe`] |
//! | control access to a route | [`auth`], [`identity`] |
//! | set security headers, answer pages of other origins (CORS), refuse forged requests (CSRF), compress | [`edge`] |
//! | limit how many requests a client may send | [`rate_limit`], [`client_address`] |
//! | cache responses, and invalidate them | [`cache`] |
//! | process a repeated request once | [`idempotency`] |
//! | return an error | [`Problem`], [`problem`] |
//! | stop calls to a failing dependency, and limit concurrent requests | [`breaker`], [`concurrency`] |
//! | retry calls to another server | [`retry`] |
//! | test | [`mod@test`] |
//! | configure a deployment | [`config`] |
//! | operate it | [`admin`], [`health`], [`shutdown`], [`metrics`], [`statistics`], [`performance`], [`alerts`], [`prometheus`], [`grafana`], [`system`], [`access_log`], [`telemetry`] |
//! | list, check and compare routes on the command line | `cli`, [`manifest`] |
//! | see how a request is processed | [`App::explain`], [`observe`] |
//! | use one policy on a plain axum router | [`auth`], [`edge`], [`rate_limit`], [`cache`], [`idempotency`], [`breaker`], [`concurrency`], [`timeout`], [`body_limit`], [`catch_panic`], [`deprecation`], [`correlation`], [`watch`], [`sensitive_headers`] |
//!
//! # Features
//!
//! | feature | default | crates | |
//! | --- | --- | --- | --- |
//! | `http2` | yes | 5 | the server also takes HTTP/2, by ALPN with TLS and with prior knowledge without; needed for WebSockets over HTTP/2 |
//! | `prometheus` | yes | 23 | metrics at `/metrics`; without it, they go to the program's `metrics` recorder |
//! | `schema` | yes | 4 | the app's [OpenAPI document](openapi), with the schemas of types that implement `schemars::JsonSchema` |
//! | `systemd` | yes | 2 | [`App::serve`] takes sockets from systemd or `systemfd`, and reports to systemd when it is ready |
//! | `telemetry` | yes | 7 | [`telemetry::init`], which sets up logs |
//! | `alloc-stats` | | 1 | what the handlers of each route allocate, with [`alloc::CountingAllocator`] as the global allocator |
//! | `jemalloc` | | 6 | the figures of jemalloc in [`system`], if it is the global allocator; needs a C compiler and make |
//! | `otlp` | | 31 | `telemetry`, and export of spans with OTLP: see [operation](crate::guide::operation) |
//! | `jwt` | | 6 | `auth::jwt`: JSON Web Tokens |
//! | `jwks` | | 16 | `jwt`, and the keys of an issuer from a URL |
//! | `cache-compression` | | 1 | compresses large values in the cache (Zstandard) |
//! | `cache-messagepack` | | 4 | stores values in the cache as MessagePack, if their options say so |
//! | `cli` | | 8 | `App::run`, the [command line](cli) of a program: `routes`, `check`, `openapi`, `diff`, `doctor`; includes `schema` |
//! | `compression` | | 10 | compresses responses, if the configuration says so: see [edge](crate::guide::edge); `cache(compress_stored)` |
//! | `compression-br` | | 4 | Brotli, for responses and for request bodies |
//! | `decompression` | | 10 | decompresses request bodies |
//! | `redis` | | 28 | [`cache::RedisStore`], the cache of several processes: see [Redis](crate::guide::redis) |
//! | `sqlx` | | 18 | `HealthCheck::sql`, which checks databases through pools of sqlx 0.8 |
//! | `swagger-ui` | | 1 | [Swagger UI](openapi#swagger-ui) at `/docs/swagger`, its files included |
//! | `test-schema` | | 33 | `TestResponse::assert_matches_schema`: see [testing](crate::guide::testing); for the dev-dependencies of a program |
//! | `tls` | | 12 | HTTPS on the main listener: see [operation](crate::guide::operation) |
//! | `multipart` | | 6 | axum's `Multipart`, described as a body |
//! | `ws` | | 13 | axum's `WebSocketUpgrade`, with a description |
//! | `full` | | | all of these but `jemalloc` |
//!
//! "Crates" is how many crates the feature adds to a program with axum and tokio, which without any of them has 79 more
//! for routekit. Many programs have some of them already: those of `jwt` with rustls, for example.

// docs.rs labels each item with the feature that it needs.
#![cfg_attr(docsrs, feature(doc_cfg))]

// Lets generated code in the tests of this crate find `::routekit`.
extern crate self as routekit;

// Not used directly: its default features (the fast engines) speed up `validator`'s email check.
use regex as _;

#[macro_use]
mod macros;

#[doc(hidden)]
pub mod __private;
pub mod access_log;
pub mod admin;
pub mod alerts;
pub mod app;
pub mod auth;
mod base;
pub mod body_limit;
pub mod breaker;
pub mod cache;
pub mod catch_panic;
#[cfg(feature = "cli")]
pub mod cli;
pub mod client_address;
pub mod concurrency;
pub mod config;
mod content_coding;
pub mod correlation;
mod deadline;
pub mod deprecation;
pub mod deps;
pub mod edge;
mod explained;
pub mod extract;
mod generated;
pub mod grafana;
pub mod guide;
pub mod health;
pub mod idempotency;
pub mod identity;
#[cfg(feature = "schema")]
pub mod manifest;
pub mod metrics;
pub mod observe;
#[cfg(feature = "schema")]
pub mod openapi;
pub mod performance;
mod policy;
pub mod problem;
pub mod prometheus;
pub mod rate_limit;
mod recording;
pub mod respond;
pub mod retry;
pub mod route;
pub mod sensitive_headers;
#[cfg(feature = "redis")]
mod shared_commands;
mod shared_quotas;
pub mod shutdown;
pub mod statistics;
pub mod system;
#[cfg(feature = "telemetry")]
pub mod telemetry;
pub mod test;
pub mod timeout;
pub mod watch;

pub use axum;
pub use validator;

pub use self::base::spawner;
#[doc(inline)]
pub use self::{
    app::App,
    base::{
        clock::{Clock, ManualClock},
        setup_problem::Error,
        spawner::Spawner,
    },
    deps::Dep,
    extract::{Form, Json, Path, Query},
    identity::Identity,
    problem::{Problem, Result},
};
#[doc = include_str!("docs/route.md")]
pub use routekit_macros::route;
#[doc(inline)]
pub use routekit_macros::{any, delete, get, head, options, patch, post, put};

#[doc = include_str!("docs/group.md")]
pub use routekit_macros::group;

#[doc = include_str!("docs/validate.md")]
pub use routekit_macros::Validate;
// Only the trait: it is imported by a glob, so that its derive macro is shadowed by ours.
#[doc(no_inline)]
pub use self::validate_trait::*;

mod validate_trait {
    pub use validator::Validate;
}

/// The processing of a request, in order: the policies of a route with their settings and origins.
///
/// Created by [`App::explain`] and [`app::RouteTable`].
pub mod explain {
    pub use crate::policy::{
        AlertThresholds, EffectivePolicies, EffectiveSecurityHeaders, Explanation, Objectives, Step,
    };
}

/// The counting allocator of the feature `alloc-stats`.
#[cfg(feature = "alloc-stats")]
pub mod alloc {
    pub use routekit_alloc::CountingAllocator;
}

pub mod describe {
    #![doc = include_str!("docs/describe.md")]

    pub use crate::route::{Describe, DescribeResponse, Description, Input, InputSource, NoPayload, Output, Payload};
}

/// The items that most programs use.
pub mod prelude {
    pub use crate::{
        App, Dep, Form, Identity, Json, Path, Problem, Query, Result, Validate, any, delete, get, head, options, patch,
        post, put, route, routes,
    };
}

/// Creates an array of the [`Route`](crate::route::Route)s of handlers, which are named by their paths:
/// `App::with_routes(routes![list_users, billing::pay])`.
///
/// A single one is the constant `list_users::ROUTE`. The compiler's error "not a type" means that the function has no
/// `#[route]`.
#[macro_export]
macro_rules! routes {
    ($($handler:path),* $(,)?) => {
        [$(<$handler>::ROUTE),*]
    };
}
