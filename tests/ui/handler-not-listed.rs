//! rustc reports a handler that no list names, if the app does not discover it.

#![deny(dead_code)]

use routekit::prelude::*;

#[get("/users", discover = false)]
async fn list_users() {}

#[post("/users", discover = false)]
async fn forgotten() {}

fn main() {
    drop(App::with_routes(routes![list_users]));
}
