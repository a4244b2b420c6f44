use routekit::prelude::*;

use routekit::axum::extract::State;

#[derive(Clone)]
struct Database;

#[get("/users")]
async fn list_users(State(_database): State<Database>) {}

fn main() {}
