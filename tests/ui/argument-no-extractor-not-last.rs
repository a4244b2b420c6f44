use routekit::prelude::*;

struct Database;

#[post("/users")]
async fn create_user(database: Database, body: String) {
    drop((database, body));
}

fn main() {}
