use routekit::prelude::*;

#[get("/users/{id}", cache(ttl = 60, tags("user:{id")))]
async fn get_user(id: u32) {
    drop(id);
}

fn main() {}
