use routekit::prelude::*;

struct Users;

impl Users {
    #[get("/users")]
    async fn list(&self) {}
}

fn main() {}
