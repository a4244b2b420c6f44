//! rapina with its middleware for metrics, cache, timeouts and body limits: `rapina-users serve ADDR`.

#[path = "../../users.rs"]
mod users;

use std::time::Duration;

use rapina::{
    cache::CacheConfig,
    middleware::{BodyLimitMiddleware, TimeoutMiddleware, TraceIdMiddleware},
    prelude::*,
};

use self::users::Page;

#[derive(Deserialize, Validate, JsonSchema)]
struct NewUser {
    #[validate(length(min = 1, max = 64))]
    name: String,
    #[validate(email)]
    email: String,
    #[validate(range(min = 18))]
    age: u8,
}

#[get("/page")]
async fn page() -> Json<Page> {
    Json(Page::of_twenty())
}

#[get("/hit")]
#[cache(ttl = 3600)]
async fn hit() -> Json<Page> {
    Json(Page::of_twenty())
}

#[post("/users")]
async fn create_user(user: Validated<Json<NewUser>>) -> Json<Page> {
    let Json(user) = user.into_inner();
    assert!(user.name.len() + user.email.len() < usize::from(user.age));
    Json(Page::empty())
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let router = Router::new().get("/page", page).get("/hit", hit).post("/users", create_user);
    Rapina::new()
        .middleware(TraceIdMiddleware::new())
        .middleware(TimeoutMiddleware::new(Duration::from_secs(5)))
        .middleware(BodyLimitMiddleware::new(2 * 1024 * 1024))
        .with_metrics(true)
        .with_cache(CacheConfig::in_memory(10_000))
        .await?
        .router(router)
        .listen(&users::addr())
        .await
}
