routekit::group! { prefix = "/v2" }
routekit::group! { timeout = "2s" }

fn main() {}
