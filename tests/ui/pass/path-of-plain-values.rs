use routekit::prelude::*;

#[get("/shops/{shop}/orders/{order}")]
async fn get_order(Path((shop, order)): Path<(String, u32)>) -> String {
    format!("{shop} {order}")
}

fn main() {}
