//! A crate that reaches `routekit` only through another one says where it is.

mod my {
    pub use routekit;
}

use my::routekit::{prelude::*, test::TestApp};

#[derive(serde::Deserialize, Validate)]
#[validate(crate = my::routekit)]
struct Filter {
    #[validate(range(min = 1))]
    page: u32,
}

#[get("/users/{id}", crate = my::routekit)]
async fn get_user(id: u32, filter: Query<Filter>) -> String {
    format!("{id} {}", filter.page)
}

fn main() {
    let _ = TestApp::new(App::with_routes(routes![get_user]));
}
