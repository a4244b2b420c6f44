use routekit::prelude::*;

#[get(
    "/prices",
    rate_limit("1/s", name = "n1"),
    rate_limit("2/s", name = "n2"),
    rate_limit("3/s", name = "n3"),
    rate_limit("4/s", name = "n4"),
    rate_limit("5/s", name = "n5"),
    rate_limit("6/s", name = "n6"),
    rate_limit("7/s", name = "n7"),
    rate_limit("8/s", name = "n8"),
    rate_limit("9/s", name = "n9")
)]
async fn prices() {}

fn main() {}
