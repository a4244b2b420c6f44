use routekit::prelude::*;

#[get("/über/{id}")]
async fn not_ascii(id: u32) {
    drop(id);
}

#[get("//x")]
async fn empty_segment() {}

#[get("/a/../b")]
async fn dots() {}

#[get("/100%")]
async fn percent_sign() {}

#[get("/%c3%bc")]
async fn lower_case_digits() {}

fn main() {}
