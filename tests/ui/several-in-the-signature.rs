use routekit::prelude::*;

#[get("/users/{id}")]
fn get_user<T>(id: &str, name: impl ToString) {
    drop((id.to_owned(), name.to_string()));
}

fn main() {}
