//! The first version: names only. It is removed at the end of 2027.

use routekit::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::Users;

routekit::group! {
    prefix = "/v1/users",
    auth,
    version = "1",
    tags("users"),
    timeout = "2s",
    deprecated(since = "2026-12-01", sunset = "2027-12-31")
}

#[derive(Serialize, JsonSchema)]
struct UserName {
    id: String,
    name: String,
}

/// List the names of the first hundred users.
#[get("/", cache(ttl = 300, shared, tags = "users"))]
async fn list_names(users: Dep<Users>) -> Result<Json<Vec<UserName>>> {
    let (users, _) = users.list("", 0, 100).await?;
    Ok(Json(users.into_iter().map(|user| UserName { id: user.id, name: user.name }).collect()))
}
