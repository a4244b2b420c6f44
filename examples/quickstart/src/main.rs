//! A users API in memory. Start it with `cargo run -p quickstart`; README.md shows requests to send.
//! `cargo run -p quickstart -- routes` lists its routes, and `-- --help` the other commands.

use std::{
    collections::BTreeMap,
    process::ExitCode,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use routekit::{
    prelude::*,
    respond::{Created, NoContent},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Clone, Serialize, JsonSchema)]
struct User {
    id: Uuid,
    name: String,
    email: String,
}

/// A user to create. A failed rule is a 422 that names every field.
#[derive(Deserialize, Validate, JsonSchema)]
struct NewUser {
    #[validate(length(min = 1, max = 64))]
    name: String,
    #[validate(email)]
    email: String,
}

#[derive(Deserialize, Validate, JsonSchema)]
struct Rename {
    #[validate(length(min = 1, max = 64))]
    name: String,
}

#[derive(Deserialize, Validate, JsonSchema)]
struct UserFilter {
    #[serde(default = "first")]
    #[validate(range(min = 1))]
    page: usize,
    #[serde(default = "twenty")]
    #[validate(range(min = 1, max = 100))]
    limit: usize,
    search: Option<String>,
}

fn first() -> usize {
    1
}

fn twenty() -> usize {
    20
}

#[derive(Serialize, JsonSchema)]
struct Page<T> {
    items: Vec<T>,
    page: usize,
    total: usize,
}

/// List users, by name.
#[get("/v2/users", timeout = "2s", cache(ttl = 300, tags = "users"), tags("users"))]
async fn list_users(query: Query<UserFilter>, users: Dep<Users>) -> Json<Page<User>> {
    let wanted = query.search.as_deref().unwrap_or_default().to_lowercase();
    let mut items: Vec<User> =
        users.read().values().filter(|user| user.name.to_lowercase().contains(&wanted)).cloned().collect();
    items.sort_by(|a, b| a.name.cmp(&b.name));
    let total = items.len();
    let start = (query.page - 1).saturating_mul(query.limit);
    let items = items.into_iter().skip(start).take(query.limit).collect();
    Json(Page { items, page: query.page, total })
}

/// Show one user.
#[get("/v2/users/{id}", cache(ttl = 60, tags = "user:{id}"), tags("users"))]
async fn get_user(id: Uuid, users: Dep<Users>) -> Result<Json<User>> {
    users.read().get(&id).cloned().map(Json).ok_or_else(no_such_user)
}

/// Create a user.
#[post("/v2/users", body_limit = "4KiB", invalidates("users"), tags("users"))]
async fn create_user(Json(new): Json<NewUser>, users: Dep<Users>) -> Created<Json<User>> {
    let user = User { id: Uuid::new_v4(), name: new.name, email: new.email };
    users.write().insert(user.id, user.clone());
    Created(Json(user))
}

/// Rename a user.
#[put("/v2/users/{id}", body_limit = "4KiB", invalidates("users", "user:{id}"), tags("users"))]
async fn rename_user(id: Uuid, body: Json<Rename>, users: Dep<Users>) -> Result<Json<User>> {
    let mut users = users.write();
    let user = users.get_mut(&id).ok_or_else(no_such_user)?;
    user.name.clone_from(&body.name);
    Ok(Json(user.clone()))
}

/// Delete a user.
#[delete("/v2/users/{id}", invalidates("users", "user:{id}"), tags("users"))]
async fn delete_user(id: Uuid, users: Dep<Users>) -> Result<NoContent> {
    users.write().remove(&id).map(|_| NoContent).ok_or_else(no_such_user)
}

fn no_such_user() -> Problem {
    Problem::not_found("no user has this id")
}

/// State that handlers share: registered with `provide`, injected as `Dep<Users>`.
#[derive(Default)]
struct Users(RwLock<BTreeMap<Uuid, User>>);

impl Users {
    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<Uuid, User>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<Uuid, User>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode, routekit::Error> {
    // Logs to standard output. `RUST_LOG` filters them.
    routekit::telemetry::init()?;
    // Serves the app, or runs the command that the arguments name. A program without commands calls `serve`.
    Ok(App::discover().provide(Users::default()).run().await)
}
