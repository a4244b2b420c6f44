//! Generated code keeps to the strictest lints.

#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub, unused_qualifications, unsafe_code)]
#![deny(rust_2018_idioms, single_use_lifetimes, unused_results, unused_lifetimes)]
#![deny(let_underscore_drop, non_ascii_idents, unit_bindings, redundant_lifetimes, meta_variable_misuse)]

use routekit::prelude::*;

/// Handlers.
pub mod users {
    use routekit::prelude::*;

    /// A new user.
    #[derive(Debug, serde::Deserialize, Validate)]
    pub struct NewUser {
        /// At least a letter.
        #[validate(length(min = 1))]
        pub name: String,
    }

    fn page(request: &http::request::Parts) -> String {
        request.uri.query().unwrap_or_default().to_owned()
    }

    /// Creates a user.
    #[post("/users", timeout = "2s", body_limit = "4KiB", tags("users"), deprecated(since = "2026-01-31"))]
    pub async fn create_user(user: Json<NewUser>) -> String {
        user.into_inner().name
    }

    /// Deletes a user.
    #[delete("/users/{id}", invalidates("users", "user:{id}", pattern = "/users/*", partition = page))]
    pub async fn delete_user(id: u32) -> String {
        id.to_string()
    }

    /// Gets a user.
    #[get("/users/{id}", layer(()), cache(ttl = 60, tags("users", "user:{id}"), key = page))]
    pub(crate) async fn get_user(id: u32) -> Result<String> {
        Ok(id.to_string())
    }
}

fn main() {
    drop(App::with_routes(routes![users::create_user, users::delete_user, users::get_user]));
}
