use routekit::prelude::*;

async fn list_users() {}

fn main() {
    drop(App::with_routes(routes![list_users]));
}
