//! The document of an app with a route for each policy. `UPDATE_GOLDEN=1` rewrites the snapshot; review its diff.

use std::path::Path as FilePath;

use axum::response::Redirect;
use http::{HeaderMap, StatusCode};
use routekit::{
    auth::ApiKeys,
    config::{Config, OpenApiVersion},
    openapi::{ApiInfo, OpenApiDocument},
    prelude::*,
    respond::{Accepted, Created, NoContent},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::operation;

/// A parcel on its way.
#[derive(Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Parcel {
    /// The number on the label.
    #[serde(default, skip_deserializing)]
    id: u64,
    #[validate(length(min = 1, max = 80))]
    receiver_name: String,
    #[validate(range(exclusive_min = 0.0, max = 31.5))]
    kilograms: f64,
    #[validate(nested)]
    state: Option<State>,
}

#[derive(Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum State {
    OnItsWay,
    Delivered,
}

#[derive(Deserialize, Validate, JsonSchema)]
struct Filter {
    /// The number of the page.
    #[validate(range(min = 1))]
    page: Option<u32>,
    #[validate(nested)]
    state: Option<State>,
    #[validate(length(min = 2))]
    q: String,
}

/// No schema.
#[derive(Serialize)]
struct Bare {
    x: u8,
}

/// Lists parcels.
///
/// A page at a time.
#[get("/v2/parcels", tags("parcels"), cache(ttl = 60), rate_limit("10/s"), version = "2")]
async fn list(query: Query<Filter>) -> Json<Vec<Parcel>> {
    let _ = (query.page, &query.q, &query.state);
    Json(Vec::new())
}

#[post("/v2/parcels", tags("parcels"), auth(scope("parcels:write")), idempotent(required), version = "2")]
async fn send(body: Json<Parcel>) -> Created<Json<Parcel>> {
    Created(body)
}

#[get("/v1/parcels/{id}", deprecated(since = "2026-01-01", sunset = "2026-12-31"), version = "1")]
async fn show_old(id: u64) -> Result<Json<Parcel>> {
    Err(Problem::not_found(format!("no parcel {id}")))
}

#[put("/v2/parcels/{id}/state", auth(any(role("driver"), role("admin"))), breaker, concurrency = 8, timeout = "2s")]
async fn change(id: u64, body: Json<State>) -> Accepted<()> {
    let _ = (id, body);
    Accepted(())
}

#[delete("/v2/parcels/{id}", operation_id = "cancelParcel", auth(optional))]
async fn cancel(id: u64) -> Result<NoContent> {
    let _ = id;
    Ok(NoContent)
}

#[get("/files/{*path}")]
async fn file(path: String, _headers: HeaderMap) -> Redirect {
    Redirect::to(&path)
}

#[get("/bare")]
async fn bare() -> Json<Bare> {
    Json(Bare { x: 1 })
}

#[get("/opaque")]
async fn opaque() -> impl axum::response::IntoResponse {
    (StatusCode::IM_A_TEAPOT, "tea")
}

pub(super) fn app() -> App {
    let written = json!({ "paths": { "/legacy": { "get": {
        "operationId": "legacy", "responses": { "200": { "description": "OK" } },
    } } } });
    App::with_routes(routes![list, send, show_old, change, cancel, file, bare, opaque])
        .verifier(ApiKeys::new().key("a-key-that-is-long-enough", Identity::new("ann")))
        .api_info(ApiInfo::new("Parcels", "2.1.0").description("Sends `parcels`.").merge(written))
        .config(Config::default())
}

/// The schema that the OpenAPI Initiative publishes for documents of a version.
fn assert_valid(document: &OpenApiDocument, version: &str) {
    let file = FilePath::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/openapi/{version}.json"));
    let schema: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(document.as_json()).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn document_matches_the_official_schema_and_the_snapshot() {
    let document = app().openapi().unwrap();
    assert_valid(&document, "3.1");
    let newer = app().configure(|config| config.set_openapi_version(OpenApiVersion::V3_2)).openapi().unwrap();
    assert_eq!(newer.as_json()["openapi"], "3.2.0");
    assert_valid(&newer, "3.2");

    let text = format!("{document}\n");
    let golden = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("golden/openapi.json");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&golden).unwrap(), "run with UPDATE_GOLDEN=1 and review the diff");
}

#[test]
fn a_type_that_serde_writes_otherwise_than_it_reads_has_two_schemas() {
    let document = app().openapi().unwrap();
    let document = document.as_json();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let names: Vec<&str> = schemas.keys().map(String::as_str).collect();
    assert_eq!(names, ["Parcel", "ParcelInput", "Problem", "State"]);
    assert!(schemas["Parcel"]["properties"]["id"].is_object() && schemas["ParcelInput"]["properties"]["id"].is_null());
    let send = operation(document, "POST", "/v2/parcels");
    assert_eq!(
        send["requestBody"]["content"]["application/json"]["schema"]["$ref"],
        "#/components/schemas/ParcelInput"
    );
    let created = &send["responses"]["201"]["content"]["application/json"]["schema"];
    assert_eq!(created["$ref"], "#/components/schemas/Parcel");
}

#[test]
fn a_type_without_a_schema_is_named_and_reported() {
    let document = app().openapi().unwrap();
    let [warning] = document.warnings() else { panic!("{:?}", document.warnings()) };
    assert!(warning.starts_with("GET /bare (") && warning.contains("Bare` has no schema"), "{warning}");
    let shown = &operation(document.as_json(), "GET", "/bare")["responses"]["200"]["content"]["application/json"];
    assert!(shown["schema"]["description"].as_str().unwrap().contains("Bare"), "{shown}");
}

mod sums {
    use routekit::{axum::extract::Request, prelude::*};
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    /// Not routekit's.
    #[derive(Serialize, JsonSchema)]
    #[schemars(rename = "Problem")]
    pub(super) struct Sum {
        sum: u64,
    }

    #[derive(Deserialize, Validate, JsonSchema)]
    pub(super) struct Key {
        #[validate(range(max = 9))]
        key: u32,
    }

    #[any("/sums/{user}/{key}")]
    pub(super) async fn sum(of: Path<(String, u8)>) -> Json<Sum> {
        Json(Sum { sum: u64::from(of.1) })
    }

    #[get("/keys/{key}")]
    pub(super) async fn key(key: Path<Key>) -> String {
        key.key.to_string()
    }

    #[post("/raw")]
    pub(super) async fn raw(request: Request) -> String {
        request.uri().to_string()
    }
}

#[test]
fn shapes_of_paths_bodies_and_methods_are_told_apart() {
    let routes = routes![sums::sum, sums::key, sums::raw];
    let document = App::with_routes(routes).config(Config::default()).openapi().unwrap();
    assert_valid(&document, "3.1");
    let document = document.as_json();
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        let sum = operation(document, method, "/sums/{user}/{key}");
        let parameters = sum["parameters"].as_array().unwrap().iter();
        let kinds: Vec<&Value> = parameters.map(|parameter| &parameter["schema"]["type"]).collect();
        assert_eq!(kinds, ["string", "integer"], "{method}");
        assert_eq!(sum["operationId"], format!("{}_sums__user___key_", method.to_lowercase()));
        let content = &sum["responses"]["200"]["content"]["application/json"];
        assert_eq!(content["schema"]["$ref"], "#/components/schemas/Problem_", "routekit's own keeps its name");
    }
    assert_eq!(document["components"]["schemas"]["Problem"]["required"], json!(["type", "title", "status"]));
    assert_eq!(operation(document, "GET", "/keys/{key}")["parameters"][0]["schema"]["maximum"], 9);
    assert!(operation(document, "POST", "/raw")["requestBody"].is_object());
}

#[test]
fn what_a_merged_document_says_differently_is_reported() {
    let other = json!({ "components": { "schemas": { "Problem": { "type": "null" } } } });
    let app = App::with_routes(routes![opaque]).config(Config::default());
    let document = app.api_info(ApiInfo::new("A", "1").merge(other)).openapi().unwrap();
    assert_eq!(document.warnings(), ["a merged OpenAPI document has another `Problem` in `schemas`: it is left out"]);
}

#[get("/twins/{id}")]
async fn twin(id: u64) -> String {
    id.to_string()
}

mod other {
    use routekit::prelude::*;

    #[get("/other-twins/{id}")]
    pub(super) async fn twin(id: u64) -> String {
        id.to_string()
    }

    #[get("/other-twins/{id}/again", operation_id = "twin_again")]
    pub(super) async fn twin_again(id: u64) -> String {
        id.to_string()
    }
}

#[test]
fn operation_ids_are_unique_and_stay_short_where_they_can() {
    let app = App::with_routes(routes![twin, other::twin, other::twin_again, opaque]).config(Config::default());
    let document = app.openapi().unwrap();
    let id = |path: &str| operation(document.as_json(), "GET", path)["operationId"].as_str().unwrap().to_owned();
    assert_eq!(id("/opaque"), "opaque");
    assert_eq!(id("/other-twins/{id}/again"), "twin_again");
    assert_eq!(id("/twins/{id}"), "suite_openapi_document_twin");
    assert_eq!(id("/other-twins/{id}"), "suite_openapi_document_other_twin");
}

#[test]
fn info_comes_from_the_package_without_another() {
    let document = App::with_routes(routes![opaque]).config(Config::default()).openapi().unwrap();
    let info = &document.as_json()["info"];
    assert_eq!(*info, json!({ "title": "routekit-tests", "version": env!("CARGO_PKG_VERSION") }));
}

#[test]
fn a_document_of_one_version_has_its_routes_and_those_without_one() {
    let table = app().table().unwrap();
    let paths = |document: OpenApiDocument| -> Vec<String> {
        document.as_json()["paths"].as_object().unwrap().keys().cloned().collect()
    };
    let first = paths(table.openapi_of("1").unwrap());
    assert!(first.contains(&"/v1/parcels/{id}".to_owned()) && first.contains(&"/bare".to_owned()));
    assert!(!first.contains(&"/v2/parcels".to_owned()));
    assert!(paths(table.openapi_of("2").unwrap()).contains(&"/v2/parcels".to_owned()));
    assert!(table.openapi_of("3").is_none());
}
