//! What is compiled out leaves nothing behind, wherever the `#[cfg]` stands.

use routekit::{prelude::*, test::TestApp};

#[cfg(any())]
#[get("/above")]
async fn above() -> NoSuchType {}

#[get("/below")]
#[cfg(any())]
async fn below() -> NoSuchType {}

#[cfg(all())]
#[get("/kept/above")]
async fn kept_above() {}

#[get("/kept/below")]
#[cfg(all())]
async fn kept_below() {}

#[get("/both")]
#[cfg_attr(all(), post("/both"))]
#[cfg_attr(any(), get("/none"))]
async fn both() {}

// The names are free.
#[allow(non_camel_case_types)]
struct above;

#[allow(non_camel_case_types)]
struct below;

fn main() {
    let _ = (above, below);
    let _ = TestApp::new(App::with_routes(routes![kept_above, kept_below, both]));
    assert_eq!(both::ROUTE.further().len(), 1);
}
