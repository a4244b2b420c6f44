//! Who is asking: what policies and handlers know of a verified client.
//!
//! 1. An [`Identity`] is an extension of the request. The [`auth`](crate::auth) policy puts it there, or any layer of yours
//!    does; whoever was first is believed.
//! 2. A handler takes it as `Identity`, as `Option<Identity>` where the route is `auth(optional)`, or takes what a token says
//!    as [`Claims<T>`].
//! 3. A route that takes an `Identity` and lets everybody in does not start.
//! 4. `Debug` shows who it is and what was granted, and the names of the claims without their values.
//!
//! ```
//! use routekit::{identity::{Claims, Identity}, prelude::*, test::TestApp};
//! use serde::Deserialize;
//!
//! #[derive(Deserialize)]
//! struct Tenant {
//!     tenant: String,
//! }
//!
//! #[get("/me", auth(scope("profile")))]
//! async fn me(identity: Identity, claims: Claims<Tenant>) -> String {
//!     format!("{} of {}", identity.sub(), claims.tenant)
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! // A verifier of real credentials in a program: see `routekit::auth`.
//! let app = TestApp::new(App::with_routes(routes![me]).identify(async |_| None));
//! assert_eq!(app.get("/me").send().await.status(), 401);
//!
//! let ann = Identity::new("ann").with_scopes(["profile"]).with_claim("tenant", "acme");
//! assert_eq!(app.get("/me").identity(&ann).send().await.text(), "ann of acme");
//! assert_eq!(app.get("/me").identity(&Identity::new("bob")).send().await.status(), 403);
//! # }
//! ```

mod claims;
mod extract;
#[expect(clippy::module_inception, reason = "the type is the module's one idea")]
mod identity;

pub(crate) use self::extract::REALM;
pub use self::{
    claims::{Claims, ClaimsRejection},
    extract::NotIdentified,
    identity::Identity,
};
