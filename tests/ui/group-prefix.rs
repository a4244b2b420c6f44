mod with_placeholder {
    routekit::group! { prefix = "/teams/{team}" }
}

mod with_slash {
    routekit::group! { prefix = "/v2/" }
}

mod root {
    routekit::group! { prefix = "/" }
}

mod without_slash {
    routekit::group! { prefix = "v2" }
}

mod not_a_string {
    routekit::group! { prefix = 2 }
}

fn main() {}
