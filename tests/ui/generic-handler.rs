use routekit::prelude::*;

#[get("/users")]
async fn list_users<T: Send + Sync + 'static>(users: Dep<T>) {
    drop(users);
}

fn main() {}
