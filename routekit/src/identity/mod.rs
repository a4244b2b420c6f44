//! The identity of a verified client, as policies and handlers see it.
//!
//! 1. An [`Identity`] is an extension of the request. The [`auth`](crate::auth) policy or a layer of the program adds
//!    it. The policy trusts an identity that is already there.
//! 2. Handlers extract it as `Identity`, as `Option<Identity>` on routes with `auth(optional)`, or its claims as
//!    [`Claims<T>`].
//! 3. A route that extracts an `Identity` but accepts all clients fails the check at start-up.
//! 4. `Debug` prints the client's name, its grants and the names of its claims, but not their values.
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
//! // A real program verifies credentials here: see `routekit::auth`.
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
#[expect(clippy::module_inception, reason = "the module has one type")]
mod identity;
mod seen;
mod source;

pub use self::{
    claims::{Claims, ClaimsRejection},
    extract::NotIdentified,
    identity::Identity,
};
pub(crate) use self::{extract::REALM, seen::SeenIdentity, source::HeaderIdentity};
