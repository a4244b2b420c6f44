use routekit::prelude::*;

use std::rc::Rc;

#[get("/users")]
async fn list_users() -> String {
    let count = Rc::new(1);
    std::future::ready(()).await;
    count.to_string()
}

fn main() {}
