use routekit::prelude::*;

#[get("/users", timeout = "0s")]
#[post("/users")]
async fn list_users() {}

#[post("/people")]
fn create_user() {}

fn main() {
    // Neither is reported a second time here.
    drop(App::with_routes(routes![list_users, create_user]));
}
