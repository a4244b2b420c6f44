use routekit::prelude::*;

#[get("/users/{user_id}")]
async fn get_user(userid: u32) {
    drop(userid);
}

fn main() {}
