use routekit::prelude::*;

#[get("/shops/{shop}/orders/{order}")]
async fn get_order(order: u32) {
    drop(order);
}

fn main() {}
