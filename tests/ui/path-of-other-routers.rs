use routekit::prelude::*;

#[get("/a/<id>")]
async fn angle_brackets(id: u32) {
    drop(id);
}

#[get("/b/<int:id>")]
async fn with_a_converter(id: u32) {
    drop(id);
}

#[get("/c/<rest..>")]
async fn rest(rest: String) {
    drop(rest);
}

#[get("/d/[id]")]
async fn square_brackets(id: u32) {
    drop(id);
}

#[get("/e/{id?}")]
async fn optional(id: Option<u32>) {
    drop(id);
}

#[get("/f/{id:u32}")]
async fn with_a_type(id: u32) {
    drop(id);
}

#[get("/g/{id:[0-9]+}")]
async fn with_an_expression(id: u32) {
    drop(id);
}

#[get("/h/{ id }")]
async fn with_space(id: u32) {
    drop(id);
}

fn main() {}
