use routekit::prelude::*;

#[derive(serde::Deserialize, Validate)]
enum Shape {
    Circle,
    Square,
}

#[post("/shapes")]
async fn create_shape(shape: Json<Shape>) {
    drop(shape);
}

fn main() {}
