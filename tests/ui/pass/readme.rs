//! The code of README, with what it leaves out. `suite getting_started` compares them line by line.

#![allow(dead_code, unused_must_use, unused_variables)]

use std::sync::Arc;

use routekit::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Deserialize, Validate)]
struct UserFilter {
    #[validate(length(max = 64))]
    search: Option<String>,
}

#[derive(Serialize)]
struct User {
    name: String,
}

#[derive(Serialize)]
struct Page<T> {
    items: Vec<T>,
}

#[derive(Deserialize, Validate)]
struct Rename {
    #[validate(length(min = 1, max = 64))]
    name: String,
}

#[derive(Default)]
struct Users(Option<User>);

impl Users {
    fn find(&self, id: Uuid) -> Option<User> {
        let _ = id;
        None
    }
}

mod first {
    use super::*;

    /// List users, by name.
    #[get("/v2/users", timeout = "2s", cache(ttl = 300, tags = "users"))]
    async fn list_users(query: Query<UserFilter>, users: Dep<Users>) -> Json<Page<User>> {
        Json(Page { items: Vec::new() })
    }

    #[put("/v2/users/{id}", body_limit = "4KiB", invalidates("users", "user:{id}"))]
    async fn rename_user(id: Uuid, body: Json<Rename>, users: Dep<Users>) -> Result<Json<User>> {
        users.find(id).map(Json).ok_or_else(|| Problem::not_found("no user has this id"))
    }

    #[tokio::main]
    async fn main() -> Result<(), routekit::Error> {
        App::discover().provide(Users::default()).serve().await
    }
}

#[get("/users")]
async fn list_users() {}

#[get("/users/{id}")]
async fn get_user(id: Uuid) {}

fn routes() {
    App::discover()                                  // every route linked into the program
    ;
    App::discover_from(["billing-routes", "shop"])   // the routes of these crates; each must have some
    ;
    App::with_routes(routes![list_users, get_user])  // exactly these
    ;
}

struct Pool;

trait Mailer: Send + Sync {}

struct Smtp;

impl Smtp {
    fn new() -> Self {
        Self
    }
}

impl Mailer for Smtp {}

mod dependencies {
    use super::*;

    fn provided(pool: Pool) {
        App::discover().provide(pool).provide_shared::<dyn Mailer>(Arc::new(Smtp::new()))
        ;
    }

    #[get("/users")]
    async fn list_users(pool: Dep<Pool>, mailer: Dep<dyn Mailer>) -> &'static str {
        ""
    }
}

#[derive(Deserialize, Validate)]
#[serde(rename_all = "camelCase")]
struct NewUser {
    #[validate(length(min = 1, max = 64))]
    display_name: String,
    #[validate(email)]
    email: String,
}

struct Store;

impl Store {
    async fn save(&self, user: &User) -> std::io::Result<()> {
        Ok(())
    }
}

async fn failures(users: Users, store: Store, id: Uuid) -> Result<()> {
    let user =
    users.find(id).ok_or_else(|| Problem::not_found("no user has this id"))?;
    store.save(&user).await.map_err(Problem::internal)?;   // 500; the cause goes to the log, not to the client
    Ok(())
}

mod policies {
use super::*;

#[get("/v2/users/{id}", cache(ttl = "1m", tags("users", "user:{id}")))]    // tags may contain placeholders
async fn tagged(id: Uuid) {}

#[get("/me/orders", auth, cache(ttl = 60, per = "user"))]                  // separate entries for each user
async fn per_user() {}

#[get("/rates", cache(ttl = 60, stale_while_revalidate = 30, stale_if_error = "5m"))]
async fn stale() {}

#[put("/v2/users/{id}", invalidates("users", "user:{id}"))]                // before the response leaves, except for a 4xx
async fn invalidating(id: Uuid) {}

#[post("/v2/import", invalidates(pattern = "/v2/users/*"))]
async fn pattern() {}

#[get("/v2/prices", breaker, timeout = "2s")]          // opens if half of ten or more calls in a minute fail
async fn breaker() {}

#[get("/v2/stock", breaker(failure_rate = 0.2, window = 100, open_for = "30s", fallback = last_known))]
async fn stock() {}

async fn last_known() -> &'static str {
    "7"
}

#[post("/v2/export", concurrency = 4, timeout = "1m")] // a fifth concurrent request gets a 503 at once
async fn export() {}

#[get("/status", public)]
async fn status() {}

#[get("/users", auth(scope("users:read")))]
async fn scoped() {}

#[delete("/users/{id}", auth(any(role("admin"), permission("users:delete"))))]
async fn deletion(id: Uuid) {}

fn closed() {
    App::discover().require_auth()   // closes every route that declares no access
    ;
}
}

mod group {
    use routekit::prelude::*;

    routekit::group! { prefix = "/v2", auth, rate_limit("10/s", burst = 20), tags("v2") }   // at the top of a module

    #[post("/payments", idempotent(ttl = "24h"))]   // a repeat with the same Idempotency-Key gets the first response
    async fn pay() {}
}

fn main() {}
