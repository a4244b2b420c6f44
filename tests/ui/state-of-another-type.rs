use routekit::prelude::*;

use routekit::axum::extract::State;

#[derive(Clone)]
struct Database;

#[derive(Clone)]
struct Mailer;

#[get("/users", state = Mailer)]
async fn list_users(State(_database): State<Database>) {}

fn main() {}
