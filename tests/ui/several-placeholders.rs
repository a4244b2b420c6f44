use routekit::prelude::*;

#[get("/shops/{shop}/orders/{order}/items/{item}")]
async fn get_item(item: u32, page: u32) {
    drop((item, page));
}

fn main() {}
