use routekit::prelude::*;

#[get("/shops/{shop}")]
async fn get_shop(shop: Dep<String>) {
    drop(shop);
}

fn main() {}
