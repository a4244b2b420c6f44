use routekit::prelude::*;

struct Database;

#[get("/users")]
async fn list_users(database: Database) {
    drop(database);
}

fn main() {}
