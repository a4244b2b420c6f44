use routekit::prelude::*;

#[options("/users", cache(ttl = 60))]
async fn user_options() {}

fn main() {}
