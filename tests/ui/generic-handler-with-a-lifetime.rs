use routekit::prelude::*;

#[get("/users")]
async fn list_users<'a>() -> &'a str {
    "ann"
}

fn main() {}
