use routekit::prelude::*;

#[get("/users/{id}")]
async fn get_user(id: impl ToString) {
    drop(id.to_string());
}

fn main() {}
