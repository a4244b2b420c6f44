use routekit::prelude::*;

#[get("/files/*rest")]
async fn get_file(rest: String) {
    drop(rest);
}

fn main() {}
