//! The current version.

use routekit::{
    prelude::*,
    respond::{Created, NoContent},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Users, store::User};
use crate::auth_service::{AuthService, Session};

routekit::group! {
    prefix = "/v2/users",
    auth,
    version = "2",
    tags("users"),
    timeout = "2s",
    body_limit = "4KiB",
    slo(availability = 0.999, latency("300ms", 0.99))
}

#[derive(Deserialize, Validate, JsonSchema)]
struct UserFilter {
    #[serde(default = "first")]
    #[validate(range(min = 1, max = 1000))]
    page: u32,
    #[serde(default = "twenty")]
    #[validate(range(min = 1, max = 100))]
    limit: u32,
    /// A part of the name.
    #[validate(length(max = 64), non_control_character)]
    search: Option<String>,
}

fn first() -> u32 {
    1
}

fn twenty() -> u32 {
    20
}

#[derive(Serialize, JsonSchema)]
struct Page {
    items: Vec<User>,
    page: u32,
    total: i64,
}

#[derive(Deserialize, Validate, JsonSchema)]
struct NewUser {
    #[validate(length(min = 1, max = 64), non_control_character)]
    name: String,
    #[validate(email)]
    email: String,
}

#[derive(Deserialize, Validate, JsonSchema)]
struct Rename {
    #[validate(length(min = 1, max = 64), non_control_character)]
    name: String,
}

/// List users, by name.
#[get("/", cache(ttl = 300, shared, tags = "users", stale_while_revalidate = 30, stale_if_error = "5m"))]
async fn list_users(query: Query<UserFilter>, users: Dep<Users>) -> Result<Json<Page>> {
    let skip = i64::from(query.page - 1) * i64::from(query.limit);
    let (items, total) = users.list(query.search.as_deref().unwrap_or_default(), skip, query.limit.into()).await?;
    Ok(Json(Page { items, page: query.page, total }))
}

/// Show one user.
#[get("/{id}", cache(ttl = 60, shared, tags = "user:{id}"))]
async fn get_user(id: Uuid, users: Dep<Users>) -> Result<Json<User>> {
    users.get(id).await.map(Json)
}

/// Create a user.
#[post("/", auth(role("operator")), idempotent, invalidates("users"))]
async fn create_user(Json(new): Json<NewUser>, users: Dep<Users>) -> Result<Created<Json<User>>> {
    users.create(new.name, new.email).await.map(|user| Created(Json(user)))
}

/// Rename a user.
#[put("/{id}", auth(role("operator")), invalidates("users", "user:{id}"))]
async fn rename_user(id: Uuid, body: Json<Rename>, users: Dep<Users>) -> Result<Json<User>> {
    users.rename(id, &body.name).await.map(Json)
}

/// Delete a user.
#[delete("/{id}", auth(role("operator")), invalidates("users", "user:{id}"))]
async fn delete_user(id: Uuid, users: Dep<Users>) -> Result<NoContent> {
    users.delete(id).await.map(|()| NoContent)
}

/// List the sessions of a user, as the auth service reports them.
#[get("/{id}/sessions", auth(role("operator")))]
async fn list_sessions(id: Uuid, auth: Dep<AuthService>) -> Result<Json<Vec<Session>>> {
    auth.sessions(id).await.map(Json)
}
