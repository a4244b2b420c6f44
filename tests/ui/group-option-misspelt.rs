routekit::group! { prefx = "/v2", timeout = "2s", timeout = "3s" }

fn main() {}
