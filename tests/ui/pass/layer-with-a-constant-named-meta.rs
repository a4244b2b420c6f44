//! An expression in an attribute sees the constants of the program, and none of the generated code.

use std::time::Duration;

use routekit::{prelude::*, timeout::TimeoutLayer};

const META: Duration = Duration::from_secs(2);

#[get("/users", layer(TimeoutLayer::new(META)))]
async fn list_users() -> &'static str {
    "ann"
}

fn main() {
    let _ = routes![list_users];
}
