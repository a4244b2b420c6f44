//! The rules of `#[derive(Validate)]` in schemas: what a schema allows, the handler does not refuse.

use std::collections::BTreeMap;

use routekit::{config::Config, prelude::*, test::TestApp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use validator::ValidationError;

use super::{operation, validator};

#[derive(Deserialize, Validate, JsonSchema)]
struct Every {
    #[validate(length(min = 2, max = 4))]
    name: String,
    #[validate(length(equal = 3))]
    code: Option<String>,
    #[validate(length(min = 1, max = 2))]
    list: Vec<u8>,
    #[validate(length(max = 1))]
    map: BTreeMap<String, u8>,
    #[validate(range(min = -1, max = 5))]
    whole: i32,
    #[validate(range(exclusive_min = 0.0, exclusive_max = 1.0))]
    share: f64,
    #[validate(email)]
    email: String,
    #[validate(url)]
    url: Option<String>,
    #[validate(ip)]
    address: Option<String>,
    #[validate(ip(v4))]
    address4: Option<String>,
    #[validate(contains(pattern = "a.b"))]
    with: Option<String>,
    #[validate(does_not_contain(pattern = "c+d"))]
    without: Option<String>,
    #[validate(non_control_character)]
    printable: Option<String>,
    #[validate(nested)]
    inner: Option<Inner>,
    #[validate(nested)]
    inners: Vec<Inner>,
    small: u8,
    #[validate(contains(pattern = "a-b"))]
    dashed: Option<String>,
    #[validate(range(max = 5_000_000_000_u64))]
    wide: Option<u64>,
    #[validate(custom(function = "any"))]
    extra: Option<Value>,
    #[serde(flatten)]
    #[validate(nested)]
    flat: Flat,
}

#[derive(Deserialize, Validate, JsonSchema)]
struct Flat {
    #[validate(range(exclusive_max = 4))]
    depth: Option<i8>,
}

fn any(_: &Value) -> Result<(), ValidationError> {
    Ok(())
}

#[derive(Deserialize, Serialize, Validate, JsonSchema)]
struct Inner {
    #[validate(range(exclusive_min = 7))]
    odd: u16,
    #[validate(nested)]
    next: Option<Box<Inner>>,
}

#[derive(Deserialize, Validate, JsonSchema)]
#[validate(schema(function = "not_the_same", message = "from and to differ"))]
struct Unsayable {
    #[validate(credit_card)]
    card: String,
    #[validate(must_match(other = "card"))]
    repeated: String,
    /// An even number.
    #[validate(custom(function = "even"))]
    even: u32,
    #[validate(custom(function = "even", message = "must be even, too"))]
    too: u32,
}

fn not_the_same(value: &Unsayable) -> Result<(), ValidationError> {
    if value.card == "same" { Err(ValidationError::new("same")) } else { Ok(()) }
}

fn even(value: u32) -> Result<(), ValidationError> {
    if value.is_multiple_of(2) { Ok(()) } else { Err(ValidationError::new("even")) }
}

#[post("/every")]
async fn every(body: Json<Every>) -> String {
    let Every { name, small, .. } = body.0;
    format!("{name} {small}")
}

#[post("/unsayable")]
async fn unsayable(body: Json<Unsayable>) -> String {
    body.0.card
}

/// The same type with an extractor that checks no rules.
#[post("/unchecked")]
async fn unchecked(body: axum::Json<Inner>) -> String {
    body.0.odd.to_string()
}

fn app() -> App {
    App::with_routes(routes![every, unsayable, unchecked]).config(Config::default())
}

fn valid() -> Value {
    json!({
        "name": "abc", "code": "xyz", "list": [1], "map": {}, "whole": 3, "share": 0.5, "email": "a@b.example",
        "inners": [{ "odd": 8 }], "small": 1,
    })
}

#[tokio::test]
async fn schema_and_handler_agree_at_every_limit() {
    let document = app().openapi().unwrap();
    let schema = validator(document.as_json(), "/paths/~1every/post/requestBody/content/application~1json/schema");
    let app = TestApp::new(app());
    let mut refused = 0;
    for (field, values) in [
        ("name", vec![json!("a"), json!("ab"), json!("abcd"), json!("abcde"), json!("öäü€"), json!(1)]),
        ("code", vec![json!("xy"), json!("xyz"), json!("xyzz"), json!(null)]),
        ("list", vec![json!([]), json!([1, 2]), json!([1, 2, 3]), json!([256])]),
        ("map", vec![json!({ "a": 1 }), json!({ "a": 1, "b": 2 })]),
        ("whole", vec![json!(-2), json!(-1), json!(5), json!(6), json!(1.5), json!(3_000_000_000_u32)]),
        ("share", vec![json!(0.0), json!(0.001), json!(0.999), json!(1.0)]),
        ("email", vec![json!("a"), json!("a@"), json!("a.b+c@example.com")]),
        ("url", vec![json!("nothing"), json!("https://example.com/a?b=c"), json!(null)]),
        ("address", vec![json!("1.2.3.4"), json!("::1"), json!("1.2.3"), json!("x")]),
        ("address4", vec![json!("1.2.3.4"), json!("::1")]),
        ("with", vec![json!("a.b"), json!("xa.bx"), json!("axb")]),
        ("without", vec![json!("cd"), json!("c+d"), json!("xc+dx")]),
        ("printable", vec![json!("a b"), json!("a\nb"), json!("\u{7f}"), json!("\u{85}")]),
        ("inner", vec![json!({ "odd": 7 }), json!({ "odd": 8 }), json!({ "odd": 8, "next": { "odd": 7 } })]),
        ("inners", vec![json!([{ "odd": 8 }, { "odd": 1 }]), json!([]), json!([{ "odd": 70_000 }])]),
        ("small", vec![json!(-1), json!(255), json!(256)]),
        ("dashed", vec![json!("xa-bx"), json!("ab")]),
        ("wide", vec![json!(5_000_000_000_u64), json!(5_000_000_001_u64)]),
        ("depth", vec![json!(3), json!(4)]),
        ("extra", vec![json!({ "anything": [1] })]),
    ] {
        for value in values {
            let mut body = valid();
            body[field] = value.clone();
            let allowed = schema.is_valid(&body);
            let status = app.post("/every").json(&body).send().await.status();
            assert_eq!(allowed, status == 200, "{field} = {value}: the schema allows it: {allowed}, and {status}");
            refused += usize::from(!allowed);
        }
    }
    assert!(refused > 25, "the values are on both sides of the limits: {refused}");
}

#[test]
fn a_rule_that_no_schema_can_say_is_in_the_description() {
    let document = app().openapi().unwrap();
    let schema = &document.as_json()["components"]["schemas"]["Unsayable"];
    let field = |name: &str| schema["properties"][name]["description"].as_str().unwrap_or_default();
    assert_eq!(schema["description"], "from and to differ");
    assert_eq!(field("card"), "Rule: a card number with a valid check digit.");
    assert_eq!(schema["properties"]["card"]["pattern"], "^[0-9]{12,19}$");
    assert_eq!(field("repeated"), "Rule: the same value as `card`.");
    assert_eq!(field("even"), "An even number.\n\nRule: the value passes `even`.");
    assert_eq!(field("too"), "Rule: must be even, too.");
}

#[test]
fn the_rules_of_a_type_are_described_once() {
    let document = app().openapi().unwrap();
    let inner = &document.as_json()["components"]["schemas"]["Inner"];
    assert_eq!(inner["properties"]["odd"]["exclusiveMinimum"], 7);
    assert!(operation(document.as_json(), "POST", "/unchecked")["requestBody"].is_object());
}
