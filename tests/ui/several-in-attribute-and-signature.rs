use routekit::prelude::*;

#[route(pst, "/users/{id}", timeout = "fast")]
fn create_user(page: u32) {
    drop(page);
}

fn main() {}
