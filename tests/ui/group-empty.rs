routekit::group! {}

fn main() {}
