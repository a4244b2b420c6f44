use routekit::prelude::*;

#[get("/prices", rate_limit("10/s", per = tenant))]
async fn prices() {}

fn tenant(path: &str) -> String {
    path.to_owned()
}

fn main() {}
