fn main() {
    routekit::group! { prefix = "/v2" }
}
