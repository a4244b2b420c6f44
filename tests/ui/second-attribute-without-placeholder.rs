use routekit::prelude::*;

#[get("/users/{id}")]
#[post("/users")]
async fn user(id: u32) -> String {
    id.to_string()
}

fn main() {}
