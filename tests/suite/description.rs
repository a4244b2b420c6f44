//! Descriptions of routes. `UPDATE_GOLDEN=1` rewrites the snapshot; review its diff as the change.

use axum::extract::Multipart;
use http::{HeaderMap, StatusCode};
use routekit::{
    describe::{Describe, DescribeResponse, Input, NoPayload, Output},
    prelude::*,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Validate, JsonSchema)]
struct Filter {
    #[validate(range(min = 1))]
    page: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
struct Page {
    items: Vec<Item>,
}

#[derive(Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Item {
    #[validate(length(min = 1))]
    display_name: String,
}

/// No schema.
#[derive(Serialize)]
struct Bare {
    x: u8,
}

struct Store;

struct ApiKey;

impl<S: Sync> axum::extract::FromRequestParts<S> for ApiKey {
    type Rejection = Problem;

    async fn from_request_parts(_: &mut http::request::Parts, _: &S) -> Result<Self> {
        Ok(Self)
    }
}

impl Describe for ApiKey {
    type Payload = NoPayload;

    fn describe(input: &mut Input) {
        input.header("x-api-key");
        input.answers(401);
    }
}

/// Describes nothing.
struct Silent;

impl<S: Sync> axum::extract::FromRequestParts<S> for Silent {
    type Rejection = Problem;

    async fn from_request_parts(_: &mut http::request::Parts, _: &S) -> Result<Self> {
        Ok(Self)
    }
}

struct OutOfStock;

impl axum::response::IntoResponse for OutOfStock {
    fn into_response(self) -> axum::response::Response {
        StatusCode::CONFLICT.into_response()
    }
}

impl DescribeResponse for OutOfStock {
    type Payload = NoPayload;
    type Error = NoPayload;

    fn describe(output: &mut Output) {
        output.status(409);
    }
}

/// Lists items.
///
/// A page at a time.
#[get("/items", tags("items"), operation_id = "listItems", version = "2")]
async fn list(query: Query<Filter>, _store: Dep<Store>) -> Result<Json<Page>> {
    Ok(Json(Page { items: vec![Item { display_name: format!("{:?}", query.page) }] }))
}

#[put("/items/{id}/{*rest}", summary = "Replaces an item")]
async fn replace(
    id: u64,
    rest: String,
    _key: ApiKey,
    body: Json<Item>,
) -> Result<(StatusCode, Json<Item>), OutOfStock> {
    if id == 0 { Err(OutOfStock) } else { Ok((StatusCode::OK, Json(Item { display_name: rest + &body.display_name }))) }
}

#[post("/upload")]
async fn upload(_silent: Silent, _headers: HeaderMap, _maybe: Option<Dep<Store>>, _parts: Multipart) -> StatusCode {
    StatusCode::ACCEPTED
}

#[get("/opaque")]
async fn opaque(_filter: Option<Query<Filter>>) -> impl axum::response::IntoResponse {
    "anything"
}

#[delete("/items/{id}")]
async fn remove(
    id: u64,
    body: Result<axum::Json<Vec<u8>>, axum::extract::rejection::JsonRejection>,
) -> axum::Json<Bare> {
    axum::Json(Bare { x: u8::from(body.is_ok() && id > 0) })
}

#[test]
fn descriptions_of_five_routes_match_the_snapshot() {
    let app = App::with_routes(routes![list, replace, upload, opaque, remove]).provide(Store);
    let table = app.table().unwrap();
    let described: serde_json::Map<String, serde_json::Value> = table
        .rows()
        .iter()
        .map(|row| {
            let mut value = serde_json::to_value(&row.description).unwrap();
            value["summary"] = row.meta.summary().into();
            value["description"] = row.meta.description().into();
            value["statuses"] = row.description.statuses().into();
            (format!("{} {}", row.meta.method(), row.path), value)
        })
        .collect();
    let text = serde_json::to_string_pretty(&described).unwrap() + "\n";
    let golden = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/description.json");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&golden).unwrap(), "run with UPDATE_GOLDEN=1 and review the diff");
}
