use routekit::prelude::*;

#[get("/flights/{from}-{to}")]
async fn get_flight(from: String, to: String) {
    drop((from, to));
}

fn main() {}
