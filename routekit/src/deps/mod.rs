//! Dependency injection: values are added once with [`App::provide`](crate::App::provide), and handlers extract them as
//! [`Dep<T>`](crate::Dep).
//!
//! ```
//! use routekit::prelude::*;
//!
//! struct Greeting(&'static str);
//!
//! #[get("/hello")]
//! async fn hello(greeting: Dep<Greeting>) -> &'static str {
//!     greeting.0
//! }
//!
//! # fn main() {
//! let app = App::with_routes(routes![hello]).provide(Greeting("hi"));
//! # let _ = app;
//! # }
//! ```
//!
//! - Dependencies are found by type, so there is one of each type. Wrap two values of the same type in newtypes.
//! - At start-up the app checks that the dependencies of all routes were provided.

mod container;
mod dep;
mod extract;
mod missing;
mod signature;

pub use self::{container::Deps, dep::Dep, extract::MissingDependency};
pub(crate) use self::{
    container::DepsBuilder,
    missing::{missing_dependency, missing_state},
    signature::taken_dependencies,
};
