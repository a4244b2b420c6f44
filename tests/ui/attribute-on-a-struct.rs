use routekit::prelude::*;

#[get("/users")]
struct Users;

fn main() {}
