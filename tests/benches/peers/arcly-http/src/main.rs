//! arcly-http with its cache and timeouts: `arcly-users serve ADDR`. Metrics come only together with traces that are
//! sent to a collector, so they are left out.

#[path = "../../users.rs"]
mod users;

use arcly_http::prelude::*;
use serde::Deserialize;

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

pub struct Users;

#[Controller("/")]
impl Users {
    #[Get("/page")]
    #[Timeout("5s")]
    async fn page() -> Json<Page> {
        Json(Page::of_twenty())
    }

    #[Get("/hit")]
    #[CacheTTL(3600)]
    #[UseInterceptors(CacheInterceptor)]
    #[Timeout("5s")]
    async fn hit() -> Json<Page> {
        Json(Page::of_twenty())
    }

    #[Post("/users")]
    #[Timeout("5s")]
    async fn create_user(#[Body] user: NewUser) -> Json<Page> {
        assert!(user.name.len() + user.email.len() < usize::from(user.age));
        // The only invalidation that there is: of everything.
        arcly_http::web::cache::clear();
        Json(Page::empty())
    }
}

#[Module(controllers(Users))]
pub struct Root;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    App::launch::<Root>(&users::addr()).await
}
