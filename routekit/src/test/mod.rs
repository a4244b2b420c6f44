//! Test apps, which run routes with every policy, without a socket and isolated from other tests.
//!
//! ```
//! use routekit::{prelude::*, test::TestApp};
//!
//! struct Greeting(&'static str);
//!
//! #[get("/hello/{name}")]
//! async fn hello(name: String, greeting: Dep<Greeting>) -> String {
//!     format!("{}, {name}", greeting.0)
//! }
//!
//! fn app() -> App {
//!     App::discover().provide(Greeting("hello"))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let app = TestApp::builder(app())
//!     .only(routes![hello])        // no other linked routes
//!     .provide(Greeting("hi"))     // in place of the app's own
//!     .build();
//! let response = app.get("/hello/ann").send().await;
//! assert_eq!(response.status(), 200);
//! assert_eq!(response.text(), "hi, ann");
//! # }
//! ```

mod answer;
mod invalidations;
mod matched;
mod request;
mod response;
#[cfg(feature = "test-schema")]
mod schema;
mod snapshot;
mod test_app;

pub use self::{
    invalidations::{ForgottenInvalidation, InvalidationCheck},
    request::TestRequest,
    response::TestResponse,
    snapshot::Snapshot,
    test_app::{TestApp, TestAppBuilder},
};
