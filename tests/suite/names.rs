//! Failed rules are reported under serde's names, also in nested types and lists.

use routekit::{prelude::*, test::TestApp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Deserialize, Validate)]
#[serde(rename_all = "camelCase")]
struct Order {
    #[validate(length(min = 1))]
    customer_name: String,
    #[serde(rename = "e-mail/address")]
    #[validate(email)]
    mail: String,
    #[serde(rename(deserialize = "lines"))]
    #[validate(length(min = 1), nested)]
    order_lines: Vec<Line>,
    #[validate(nested)]
    ship_to: Address,
    #[serde(flatten)]
    #[validate(nested)]
    audit: Audit,
    #[validate(range(min = 1))]
    r#type: u8,
    #[validate(required)]
    promised_date: Option<String>,
}

/// `length` of a list needs items that serialise: `validator` adds them to its error, and routekit drops them.
#[derive(Deserialize, Serialize, Validate)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
#[validate(schema(function = "no_free_gifts"))]
struct Line {
    #[validate(range(min = 1))]
    line_count: u32,
    #[serde(rename = "subs", default)]
    #[validate(nested)]
    parts: Vec<Line>,
}

fn no_free_gifts(line: &Line) -> Result<(), validator::ValidationError> {
    if line.line_count == 13 { Err(validator::ValidationError::new("unlucky")) } else { Ok(()) }
}

#[derive(Deserialize, Validate)]
#[serde(rename_all = "PascalCase")]
struct Address {
    #[validate(length(max = 3), custom(function = "upper"))]
    zip_code: String,
}

fn upper(text: &str) -> Result<(), validator::ValidationError> {
    if text.chars().any(char::is_lowercase) { Err(validator::ValidationError::new("upper")) } else { Ok(()) }
}

#[derive(Deserialize, Validate)]
struct Audit {
    #[serde(rename = "by")]
    #[validate(length(min = 1))]
    changed_by: String,
}

#[post("/orders")]
async fn order(body: Json<Order>) -> String {
    let Json(order) = body;
    format!("{} {}", order.order_lines.len(), order.ship_to.zip_code)
}

fn valid() -> Value {
    json!({
        "customerName": "Ann",
        "e-mail/address": "ann@example.com",
        "lines": [{ "LINE-COUNT": 1 }],
        "shipTo": { "ZipCode": "A1" },
        "by": "bob",
        "type": 1,
        "promisedDate": "tomorrow",
    })
}

async fn pointers(body: &Value) -> Vec<String> {
    let app = TestApp::new(App::with_routes(routes![order]));
    let answer = app.post("/orders").json(body).send().await;
    if answer.status() == 200 {
        return Vec::new();
    }
    assert_eq!(answer.status(), 422, "{}", answer.text());
    let problem: Value = answer.json();
    problem["errors"].as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn our_derive_reports_serde_names() {
    assert_eq!(pointers(&valid()).await, [] as [&str; 0]);
    let wrong = json!({
        "customerName": "",
        "e-mail/address": "no",
        "lines": [
            { "LINE-COUNT": 1 },
            { "LINE-COUNT": 0, "subs": [{ "LINE-COUNT": 1 }, { "LINE-COUNT": 0 }] },
            { "LINE-COUNT": 13 },
        ],
        "shipTo": { "ZipCode": "abcd" },
        "by": "",
        "type": 0,
    });
    assert_eq!(
        pointers(&wrong).await,
        [
            "/by",
            "/customerName",
            "/e-mail~1address",
            "/lines/1/LINE-COUNT",
            "/lines/1/subs/1/LINE-COUNT",
            "/lines/2",
            "/promisedDate",
            "/shipTo/ZipCode",
            "/shipTo/ZipCode",
            "/type",
        ]
    );
}

#[tokio::test]
async fn errors_of_shape_use_the_same_names() {
    for (change, pointer) in [
        (json!({ "lines": [{ "LINE-COUNT": 1 }, { "LINE-COUNT": "x" }] }), "/lines/1/LINE-COUNT"),
        (json!({ "lines": [{}] }), "/lines/0/LINE-COUNT"),
        (json!({ "shipTo": {} }), "/shipTo/ZipCode"),
    ] {
        // serde buffers a struct with a flattened field, which loses places. This struct has no such field.
        #[derive(Deserialize, Validate)]
        #[serde(rename_all = "camelCase")]
        struct Plain {
            #[serde(default)]
            #[validate(nested)]
            lines: Vec<Line>,
            #[validate(nested)]
            ship_to: Option<Address>,
        }
        #[post("/plain")]
        async fn plain(body: Json<Plain>) -> String {
            format!("{} {}", body.lines.len(), body.ship_to.is_some())
        }
        let app = TestApp::new(App::with_routes(routes![plain]));
        let answer = app.post("/plain").json(&change).send().await;
        assert_eq!(answer.status(), 422);
        assert_eq!(answer.json::<Value>()["errors"][0]["pointer"], pointer);
    }
}

#[derive(Deserialize, Validate)]
struct ByName {
    #[validate(nested)]
    addresses: std::collections::HashMap<String, Address>,
}

#[post("/by-name")]
async fn by_name(body: Json<ByName>) -> String {
    body.addresses.len().to_string()
}

#[tokio::test]
async fn failed_rules_of_map_values_are_reported_at_the_map() {
    let app = TestApp::new(App::with_routes(routes![by_name]));
    let body = json!({ "addresses": { "home": { "ZipCode": "A" }, "work": { "ZipCode": "abcd" } } });
    let problem: Value = app.post("/by-name").json(&body).send().await.json();
    assert_eq!(problem["errors"].as_array().unwrap().len(), 2);
    assert_eq!(problem["errors"][0]["pointer"], "/addresses");
}

#[derive(Deserialize, Validate)]
#[validate(schema(function = "outer_rule", skip_on_field_errors = false))]
struct Swapped {
    #[serde(rename = "b")]
    #[validate(length(min = 1))]
    a: String,
    #[serde(rename = "a")]
    #[validate(length(min = 2))]
    b: String,
    #[serde(flatten)]
    #[validate(nested)]
    inner: Inner,
}

#[derive(Deserialize, Validate)]
#[validate(schema(function = "inner_rule", skip_on_field_errors = false))]
struct Inner {
    c: u8,
}

fn outer_rule(_: &Swapped) -> Result<(), validator::ValidationError> {
    Err(validator::ValidationError::new("outer"))
}

fn inner_rule(inner: &Inner) -> Result<(), validator::ValidationError> {
    Err(validator::ValidationError::new(if inner.c == 0 { "inner" } else { "other" }))
}

#[test]
fn field_may_have_the_original_name_of_another() {
    let wrong = Swapped { a: String::new(), b: String::new(), inner: Inner { c: 0 } };
    let errors = wrong.validate().unwrap_err();
    let errors = errors.field_errors();
    let params = |name: &str| errors[name][0].params["min"].clone();
    assert_eq!((params("b"), params("a")), (json!(1), json!(2)));
    let mut whole: Vec<&str> = errors["__all__"].iter().map(|error| error.code.as_ref()).collect();
    whole.sort_unstable();
    assert_eq!(whole, ["inner", "outer"]);
}

/// `validator`'s own derive only knows Rust names. The case rules of serde are applied all the same.
#[derive(Deserialize, validator::Validate)]
#[serde(rename_all = "camelCase")]
struct Foreign {
    #[validate(length(min = 1))]
    first_name: String,
    #[validate(nested)]
    home_address: ForeignAddress,
    #[validate(required)]
    last_seen: Option<u8>,
}

#[derive(Deserialize, validator::Validate)]
#[serde(rename_all = "kebab-case")]
struct ForeignAddress {
    #[validate(length(min = 1))]
    street_name: String,
}

#[post("/foreign")]
async fn foreign(body: Json<Foreign>) -> String {
    format!("{} {} {:?}", body.first_name, body.home_address.street_name, body.last_seen)
}

#[tokio::test]
async fn derive_of_validator_reports_serde_names() {
    let app = TestApp::new(App::with_routes(routes![foreign]));
    let body = json!({ "firstName": "", "homeAddress": { "street-name": "" } });
    let problem: Value = app.post("/foreign").json(&body).send().await.json();
    let pointers: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/firstName", "/homeAddress/street-name", "/lastSeen"]);
}

/// A type parameter in a `nested` field.
#[derive(Deserialize, Validate)]
#[serde(rename_all = "camelCase")]
struct Listed<T> {
    #[validate(nested)]
    first_item: T,
    #[validate(length(max = 3), nested)]
    other_items: Vec<T>,
}

#[post("/listed")]
async fn listed(body: Json<Listed<Address>>) -> String {
    format!("{} {}", body.first_item.zip_code, body.other_items.len())
}

#[tokio::test]
async fn rules_of_a_type_parameter_run_in_a_nested_field() {
    let app = TestApp::new(App::with_routes(routes![listed]));
    let right = json!({ "firstItem": { "ZipCode": "A1" }, "otherItems": [{ "ZipCode": "A2" }] });
    assert_eq!(app.post("/listed").json(&right).send().await.text(), "A1 1");
    let wrong = json!({ "firstItem": { "ZipCode": "a1" }, "otherItems": [{ "ZipCode": "A2" }, { "ZipCode": "a" }] });
    let problem: Value = app.post("/listed").json(&wrong).send().await.json();
    let pointers: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/firstItem/ZipCode", "/otherItems/1/ZipCode"]);
}
