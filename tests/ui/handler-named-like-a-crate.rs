use std::collections::BTreeMap;

use routekit::prelude::*;

#[get("/std")]
async fn std() -> usize {
    std::mem::size_of::<BTreeMap<u8, u8>>()
}

fn main() {}
