use routekit::prelude::*;

#[derive(serde::Deserialize)]
struct Filter {
    page: u32,
}

#[get("/users")]
async fn list_users(filter: Query<Filter>) -> String {
    filter.page.to_string()
}

fn main() {}
