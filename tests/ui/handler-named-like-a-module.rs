use routekit::prelude::*;

mod users {
    pub(crate) fn count() -> usize {
        7
    }
}

#[get("/users")]
async fn users() -> String {
    users::count().to_string()
}

fn main() {}
