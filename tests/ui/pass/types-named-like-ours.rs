//! The names that generated code uses do not hide those of the program.

use routekit::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Validate)]
struct Probe {
    name: String,
}

#[derive(Serialize)]
struct Extract;

#[derive(Serialize)]
struct FromDeps;

#[post("/probes", invalidates("probes"))]
async fn add(body: Json<Probe>) -> Result<Json<Probe>> {
    Ok(body)
}

#[get("/extracts")]
async fn extracts() -> Json<Extract> {
    Json(Extract)
}

#[get("/deps")]
async fn deps() -> Json<FromDeps> {
    Json(FromDeps)
}

fn main() {
    let inputs = add::ROUTE.describe().inputs;
    assert!(inputs[0].payload.type_name.ends_with("::Probe"), "{}", inputs[0].payload.type_name);
    let _ = routes![extracts, deps];
}
