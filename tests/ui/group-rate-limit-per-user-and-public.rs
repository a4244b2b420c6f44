routekit::group! { public, rate_limit("10/s", per = "user") }

fn main() {}
