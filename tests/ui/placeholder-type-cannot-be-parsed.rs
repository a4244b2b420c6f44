use routekit::prelude::*;

struct UserId(u32);

#[get("/users/{id}")]
async fn get_user(id: UserId) {
    drop(id.0);
}

fn main() {}
