use routekit::prelude::*;

use std::cell::Cell;

#[get("/users")]
async fn list_users(count: Dep<Cell<u32>>) {
    drop(count);
}

fn main() {}
