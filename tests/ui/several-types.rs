use routekit::prelude::*;

struct Database;

#[derive(serde::Deserialize)]
struct Filter {
    page: u32,
}

struct Users;

#[get("/users")]
async fn list_users(database: Database, filter: Query<Filter>, count: Dep<u32>) -> Users {
    drop((database, filter.page, count));
    Users
}

fn main() {}
