use routekit::prelude::*;

#[get("/str")]
async fn str(query: Query<Named>) -> String {
    drop(query);
    String::new()
}

#[derive(serde::Deserialize, Validate)]
struct Named {
    name: Option<&'static str>,
}

fn main() {}
