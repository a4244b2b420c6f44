use routekit::prelude::*;

#[get(
    "/users/{id}",
    auth,
    cache(
        ttl = "0s",
        tags("user:{ip}", "{id", "", users),
        vary("*", "a b"),
        shared = true,
        per = user,
        key = 7,
        invalidate_on("GET /users", "POST  /users"),
        max_body,
        stale
    )
)]
async fn get_user(id: u32) {
    drop(id);
}

fn main() {}
