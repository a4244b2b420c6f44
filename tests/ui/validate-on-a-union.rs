use routekit::prelude::*;

#[derive(Validate)]
union Number {
    whole: u32,
    float: f32,
}

fn main() {}
