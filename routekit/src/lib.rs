//! Declare what production needs on the handler: routes with validation, policies, metrics and health, on axum.
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
//! // `App::discover().serve().await` in a program; without a socket here.
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
//! | declare a route | [`macro@route`] and its short forms [`get`], [`post`], [`put`], [`patch`], [`delete`] |
//! | gather and serve routes | [`App`] |
//! | share a database pool or a client | [`Dep`] |
//! | take validated input | [`extract`] |
//! | write an extractor of your own | [`describe`] |
//! | say who may call a route | [`auth`], [`identity`] |
//! | cache answers, and invalidate them | [`cache`] |
//! | fail | [`Problem`], [`problem`] |
//! | stop calling what fails, and limit what runs at a time | [`breaker`], [`concurrency`] |
//! | call another server again | [`retry`] |
//! | test | [`mod@test`] |
//! | set what is deployed | [`config`] |
//! | operate it | [`admin`], [`health`], [`metrics`], [`access_log`], [`telemetry`] |
//! | see what happens to a request | [`App::explain`], [`observe`] |
//! | use one policy on a plain axum router | [`auth`], [`cache`], [`breaker`], [`concurrency`], [`timeout`], [`body_limit`], [`catch_panic`], [`deprecation`], [`correlation`], [`watch`], [`sensitive_headers`] |
//!
//! # Features
//!
//! | feature | default | |
//! | --- | --- | --- |
//! | `schema` | yes | JSON Schemas in route descriptions, where a type implements `schemars::JsonSchema` |
//! | `telemetry` | yes | [`telemetry::init`], which sets up logs |
//! | `jwt` | | `auth::jwt`: JSON Web Tokens |
//! | `jwks` | | `jwt`, and the keys of an issuer from a URL |
//! | `multipart` | | axum's `Multipart`, described as a body |
//! | `ws` | | axum's `WebSocketUpgrade`, described as such |
//! | `full` | | all of these |

// So that generated code in this crate's own tests finds `::routekit`.
extern crate self as routekit;

// Not used by name: its default features (the fast engines) speed up `validator`'s email check.
use regex as _;

#[macro_use]
mod macros;

#[doc(hidden)]
pub mod __private;
pub mod access_log;
pub mod admin;
pub mod app;
pub mod auth;
mod base;
pub mod body_limit;
pub mod breaker;
pub mod cache;
pub mod catch_panic;
pub mod concurrency;
pub mod config;
pub mod correlation;
mod deadline;
pub mod deprecation;
pub mod deps;
pub mod extract;
mod generated;
pub mod guide;
pub mod health;
pub mod identity;
pub mod metrics;
pub mod observe;
mod policy;
pub mod problem;
pub mod retry;
pub mod route;
pub mod sensitive_headers;
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
        setup::Error,
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
pub use routekit_macros::{delete, get, head, options, patch, post, put};

#[doc = include_str!("docs/validate.md")]
pub use routekit_macros::Validate;
// The trait alone: by a glob, whose derive macro of the same name gives way to ours.
#[doc(no_inline)]
pub use self::validate_trait::*;

mod validate_trait {
    pub use validator::Validate;
}

/// What happens to a request, in order: the policies of a route with their settings and origins.
///
/// Made by [`App::explain`] and [`app::RouteTable`].
pub mod explain {
    pub use crate::policy::{EffectivePolicies, Explanation, Step};
}

pub mod describe {
    #![doc = include_str!("docs/describe.md")]

    pub use crate::route::{Describe, DescribeResponse, Description, Input, InputSource, NoPayload, Output, Payload};
}

/// What most programs use.
pub mod prelude {
    pub use crate::{
        App, Dep, Form, Identity, Json, Path, Problem, Query, Result, Validate, delete, get, head, options, patch,
        post, put, route, routes,
    };
}

/// The [`Route`](crate::route::Route)s of handlers, by their paths: `App::with_routes(routes![list_users,
/// billing::pay])`.
///
/// One of them is plain Rust: `list_users::ROUTE`. "Not a type" means that the function has no `#[route]`.
#[macro_export]
macro_rules! routes {
    ($($($handler:ident)::+),* $(,)?) => {
        [$(<$($handler)::+>::ROUTE),*]
    };
}
