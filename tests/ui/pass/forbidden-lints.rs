//! Generated code allows no lint, since a crate that forbids it would not compile. `inventory` allows
//! `non_upper_case_globals`, and serde's derives allow some of these.

#![deny(warnings)]
#![forbid(unsafe_code, missing_docs, missing_debug_implementations, missing_copy_implementations, unreachable_pub)]
#![forbid(dead_code, unused_imports, unused_variables, unused_mut, unused_must_use, unused_results, unused_attributes)]
#![forbid(non_camel_case_types, non_snake_case, unused_qualifications, deprecated, unused_lifetimes, unit_bindings)]
#![forbid(elided_lifetimes_in_paths, explicit_outlives_requirements, let_underscore_drop, non_local_definitions)]
#![forbid(clippy::all, clippy::pedantic, clippy::nursery, clippy::unused_async, clippy::empty_enums)]

use axum::{extract::Request, response::IntoResponse};
use http::StatusCode;
use routekit::{prelude::*, test::TestApp};

/// A page.
#[derive(Debug, Validate)]
#[non_exhaustive]
pub struct Page {
    /// At least one.
    #[validate(range(min = 1))]
    pub size: Option<u32>,
    /// A name.
    #[validate(length(min = 1, max = 5), contains(pattern = "a"))]
    pub name: String,
}

impl<'de> serde::Deserialize<'de> for Page {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> core::result::Result<Self, D::Error> {
        Err(serde::de::Error::custom("there is none"))
    }
}

/// Finds a user.
#[get("/users/{id}", timeout = "2s", cache(ttl = 60, tags("user:{id}")))]
#[get("/v2/users/{id}", deprecated(since = "2026-01-31"))]
pub async fn find_user(id: u32, page: Query<Page>) -> String {
    drop(page);
    id.to_string()
}

#[post("/users", layer(()), breaker(name = "users"))]
async fn add_user(page: Json<Page>, names: Dep<Vec<String>>) -> Result<()> {
    drop((page, names));
    Ok(())
}

#[get("/nothing")]
async fn nothing() {}

#[get("/opaque")]
pub(crate) async fn opaque() -> impl IntoResponse {
    "opaque"
}

#[any("/any", body_limit = "1KiB")]
async fn every_method(request: Request) -> Result<String, StatusCode> {
    drop(request);
    Err(StatusCode::NOT_FOUND)
}

fn main() {
    let app = App::with_routes(routes![find_user, add_user, nothing, opaque, every_method]);
    drop(TestApp::new(app.provide(Vec::<String>::new())));
}
