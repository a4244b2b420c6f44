//! What is compiled out is not looked at, even if it is wrong.

#[allow(unused_imports)]
use routekit::prelude::*;

#[cfg(any())]
#[get("no slash", time_out = "2s")]
fn above() {}

fn main() {}
