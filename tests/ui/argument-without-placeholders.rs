use routekit::prelude::*;

#[get("/users")]
async fn list_users(page: u32) {
    drop(page);
}

fn main() {}
