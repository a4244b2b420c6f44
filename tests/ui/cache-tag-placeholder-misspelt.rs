use routekit::prelude::*;

#[get("/shops/{shop}/users/{user_id}", cache(ttl = 60, tags("users", "user:{userid}")))]
async fn get_user(shop: u32, user_id: u32) {
    drop((shop, user_id));
}

fn main() {}
