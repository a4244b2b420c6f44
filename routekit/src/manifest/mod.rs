//! The manifest of an app, a JSON file that says what the app offers, and the difference between two of them.
//!
//! 1. [`RouteTable::manifest`](crate::app::RouteTable::manifest) returns the manifest of an app without starting it:
//!    its routes with their effective policies, and its OpenAPI document. It depends on the configuration of the
//!    process, as the policies do.
//! 2. [`Manifest::difference`] names what changes from one manifest to another: routes, policies, and what requests and
//!    responses may be. Each [`ManifestChange`] has a [`ChangeKind`], so that a release can be stopped by the kinds it
//!    must not have.
//! 3. Paths are compared without the names of their placeholders: `/users/{id}` and `/users/{user}` are one route.
//!
//! ```
//! use routekit::{config::Config, manifest::ChangeKind, prelude::*};
//!
//! #[get("/parcels/{id}")]
//! async fn parcel(id: u64) -> Json<u64> {
//!     Json(id)
//! }
//!
//! # fn main() -> Result<(), routekit::Error> {
//! let app = || App::with_routes(routes![parcel]).config(Config::default());
//! let (old, new) = (app().table()?.manifest(), app().prefix("/v2").table()?.manifest());
//! let kinds: Vec<ChangeKind> = old.difference(&new).iter().map(|change| change.kind).collect();
//! assert_eq!(kinds, [ChangeKind::Removed, ChangeKind::Added]);
//! # Ok(())
//! # }
//! ```

mod access;
mod diff;
mod file;
mod route;

pub(crate) use self::route::ManifestRoute;
pub use self::{
    diff::{ChangeKind, ManifestChange},
    file::{Manifest, ManifestError},
};
