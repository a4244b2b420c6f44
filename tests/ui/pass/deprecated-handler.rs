//! A handler that Rust callers should no longer call is still a route, without a warning.

#![deny(warnings)]

use routekit::{prelude::*, test::TestApp};

#[get("/old")]
#[deprecated = "call `new`"]
async fn old() {}

#[deprecated(note = "call `new`")]
#[get("/older")]
#[get("/oldest")]
async fn older() {}

fn main() {
    let _ = TestApp::new(App::with_routes(routes![old, older]));
}
