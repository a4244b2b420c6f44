routekit::group! { prefix = "/v2", cache(ttl = 60), operation_id = "listUsers" }

fn main() {}
