use routekit::prelude::*;

#[put("/users/{id}", invalidates("users", "user:{ids}"))]
async fn rename_user(id: u32) {
    drop(id);
}

fn main() {}
