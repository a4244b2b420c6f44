use routekit::prelude::*;

#[get("/files/{*rest}/meta")]
async fn get_file(rest: String) {
    drop(rest);
}

fn main() {}
