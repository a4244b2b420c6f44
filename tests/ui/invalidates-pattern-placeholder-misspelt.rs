use routekit::prelude::*;

#[put("/users/{id}", invalidates(pattern = "/users/{di}/*"))]
async fn rename_user(id: u32) {
    drop(id);
}

fn main() {}
