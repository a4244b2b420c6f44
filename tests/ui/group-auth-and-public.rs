routekit::group! { auth, public }

fn main() {}
