use routekit::prelude::*;

#[get("/users/{id}", public, invalidates("", "user:{no}", 7, pattern = "users", patern = "/", user, user = 1))]
async fn get_user(id: u32) {
    drop(id);
}

fn main() {}
