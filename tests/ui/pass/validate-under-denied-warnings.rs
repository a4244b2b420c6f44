#![deny(warnings)]

use std::collections::{BTreeMap, HashMap};

use routekit::prelude::*;
use serde::Deserialize;

#[derive(Deserialize, Validate)]
pub struct Nothing {}

#[derive(Deserialize, Validate)]
pub struct WithoutRules {
    pub name: String,
}

#[derive(Deserialize, Validate)]
pub enum Never {}

#[derive(Deserialize, Validate)]
pub enum Plan {
    Free,
    Paid(u32),
    Custom {
        #[validate(range(min = 1))]
        seats: Option<u32>,
    },
}

#[derive(Deserialize, Validate)]
pub struct Page<T: Clone, const N: usize = 3>
where
    T: Default,
{
    #[validate(nested)]
    pub items: Vec<T>,
    #[validate(nested)]
    pub lists: HashMap<String, Vec<T>>,
    #[validate(nested)]
    pub first: Option<T>,
    pub size: [u8; 2],
}

#[derive(Deserialize, Validate)]
#[validate(schema(function = "sorted", code = "unsorted"))]
pub struct Everything {
    #[validate(length(min = 1, max = 9), contains(pattern = "a"), does_not_contain(pattern = "b"))]
    pub text: String,
    #[validate(email, url, ip, non_control_character, credit_card)]
    pub option: Option<String>,
    #[validate(range(min = 1.0, exclusive_max = 9.5))]
    pub number: f64,
    #[validate(must_match(other = text))]
    pub same: String,
    #[validate(required, nested)]
    pub plan: Option<Plan>,
    #[validate(nested)]
    pub boxed: Box<WithoutRules>,
    #[validate(nested)]
    pub map: BTreeMap<u32, WithoutRules>,
    #[validate(custom(function = "even"))]
    pub r#type: u32,
}

fn sorted(_: &Everything) -> Result<(), routekit::validator::ValidationError> {
    Ok(())
}

fn even(_: u32) -> Result<(), routekit::validator::ValidationError> {
    Ok(())
}

fn main() {}
