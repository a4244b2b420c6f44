use routekit::prelude::*;

struct NotFound;

#[get("/users")]
async fn list_users() -> Result<String, NotFound> {
    Err(NotFound)
}

fn main() {}
