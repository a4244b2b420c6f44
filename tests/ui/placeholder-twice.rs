use routekit::prelude::*;

#[get("/users/{id}/orders/{id}")]
async fn get_order(id: u32) {
    drop(id);
}

fn main() {}
