#![deny(deprecated)]

use std::collections::HashMap;

use routekit::prelude::*;

#[derive(serde::Deserialize, Validate)]
struct Order {
    #[validate(length(min = 1))]
    name: String,
    address: Address,
    lines: Option<Vec<Line>>,
    #[validate(custom(function = "few"))]
    gifts: HashMap<String, Line>,
    // These run, or are not meant to.
    #[validate(nested)]
    invoice: Address,
    #[validate(skip)]
    old: Option<Address>,
    size: [u8; 2],
    plan: Plan,
}

#[derive(serde::Deserialize, Validate)]
struct Address {
    #[validate(length(min = 5))]
    zip: String,
}

#[derive(serde::Deserialize, Validate)]
struct Line {
    #[validate(range(min = 1))]
    count: u32,
}

#[derive(serde::Deserialize)]
enum Plan {
    Free,
}

fn few(gifts: &HashMap<String, Line>) -> std::result::Result<(), routekit::validator::ValidationError> {
    if gifts.len() > 3 { Err(routekit::validator::ValidationError::new("few")) } else { Ok(()) }
}

fn main() {}
