//! Inputs that do not match their type: the place that a refusal names, and its words.

use std::collections::{BTreeMap, HashMap};

use routekit::{prelude::*, test::TestApp};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json, value::RawValue};

/// Accepts any value of a type without rules.
macro_rules! without_rules {
    ($($ty:ty)*) => {$(
        impl routekit::validator::Validate for $ty {
            fn validate(&self) -> Result<(), routekit::validator::ValidationErrors> {
                Ok(())
            }
        }
    )*};
}

#[derive(Deserialize, Default)]
#[serde(default)]
#[allow(dead_code, reason = "only its shape matters")]
struct Kinds {
    first: u8,
    raw: Option<Box<RawValue>>,
    n32: u32,
    n64: u64,
    i64: i64,
    n128: u128,
    float: f64,
    pair: (u8, u8),
    array: [u8; 2],
    point: Option<Point>,
    unit: Option<Pair>,
    #[serde(rename = "7")]
    seven: u8,
    #[serde(rename = "")]
    nameless: u8,
    #[serde(alias = "old")]
    new: u8,
    numbers: HashMap<u32, u8>,
    colours: BTreeMap<Colour, u8>,
    bytes: BTreeMap<String, Vec<Option<u8>>>,
    lenient: Lenient,
    last: u8,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only its shape matters")]
struct Point {
    x: u8,
    y: u8,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only its shape matters")]
struct Pair(u8, u8);

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
enum Colour {
    Red,
    Blue,
}

/// Recovers from a wrong value, so that its error is not that of the input.
#[derive(Default)]
struct Lenient;

impl<'de> Deserialize<'de> for Lenient {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let _ = u8::deserialize(input);
        Ok(Self)
    }
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
#[expect(dead_code, reason = "only its shape matters")]
enum Internal {
    Circle { radius: u8, centre: Inner },
    Empty,
}

#[derive(Deserialize)]
#[serde(tag = "type", content = "of", rename_all = "lowercase")]
#[expect(dead_code, reason = "only its shape matters")]
enum Adjacent {
    Circle { radius: u8, r#type: u8 },
}

#[derive(Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its shape matters")]
enum Untagged {
    Number(u8),
    Object { inner: Inner },
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only its shape matters")]
struct Inner {
    x: u8,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only its shape matters")]
struct Flat {
    id: u8,
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only its shape matters")]
struct Rest {
    inner: Inner,
}

#[derive(Deserialize, Default)]
#[serde(default)]
#[allow(dead_code, reason = "only its shape matters")]
struct Buffered {
    first: u8,
    internal: Option<Internal>,
    adjacent: Option<Adjacent>,
    untagged: Option<Untagged>,
    flat: Option<Flat>,
}

without_rules! { Kinds Buffered }

#[post("/kinds")]
async fn kinds(body: Json<Kinds>) -> String {
    body.last.to_string()
}

#[post("/buffered")]
async fn buffered(body: Json<Buffered>) -> String {
    body.first.to_string()
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "lowercase")]
enum Sort {
    Name,
}

#[derive(Deserialize, Debug, Default)]
#[serde(default)]
struct Page {
    page: Option<u32>,
    sort: Option<Sort>,
    id: Option<uuid::Uuid>,
    text: Option<String>,
    words: Option<Vec<String>>,
    sizes: Vec<Option<u8>>,
    on: bool,
    #[serde(alias = "old")]
    new: u8,
    #[serde(rename = "7")]
    seven: u8,
    many: Vec<u8>,
    by_name: Option<NonZero>,
}

type NonZero = std::num::NonZeroU16;

without_rules! { Page }

#[get("/page")]
async fn page(query: Query<Page>) -> String {
    let Page { page, sort, id, text, words, sizes, on, .. } = &*query;
    format!("{page:?} {sort:?} {id:?} {text:?} {words:?} {sizes:?} {on}")
}

#[post("/page")]
async fn page_form(body: Form<Page>) -> String {
    body.on.to_string()
}

fn app() -> TestApp {
    TestApp::new(App::with_routes(routes![kinds, buffered, page, page_form]))
}

/// `(pointer, code, message)` of the only error.
fn error(problem: &Value) -> (&str, &str, &str) {
    let errors = problem["errors"].as_array().unwrap_or_else(|| panic!("{problem}"));
    assert_eq!(errors.len(), 1, "{problem}");
    let text = |name: &str| errors[0][name].as_str().unwrap();
    (text("pointer"), text("code"), text("message"))
}

async fn refused(path: &str, body: &str, status: u16) -> Value {
    let answer = app().post(path).header("content-type", "application/json").body(body.to_owned()).send().await;
    assert_eq!(answer.status(), status, "{body}: {}", answer.text());
    answer.json()
}

async fn check(path: &str, rows: &[(&str, &str, &str, &str)]) {
    for (body, pointer, code, message) in rows {
        let problem = refused(path, body, 422).await;
        assert_eq!(error(&problem), (*pointer, *code, *message), "{body}");
    }
}

#[tokio::test]
async fn wrong_value_is_named_with_what_is_expected() {
    let list_of_2 = "must be a list of 2 values";
    check(
        "/kinds",
        &[
            (r#"{"raw":{"x":1},"last":"x"}"#, "/last", "type", "must be an integer from 0 to 255"),
            (r#"{"n32":4294967296}"#, "/n32", "value", "must be an integer from 0 to 4294967295"),
            (r#"{"n32":-1}"#, "/n32", "value", "must be an integer from 0 to 4294967295"),
            (r#"{"n64":18446744073709551616}"#, "/n64", "type", "must be an integer from 0 to 18446744073709551615"),
            (
                r#"{"i64":9223372036854775808}"#,
                "/i64",
                "value",
                "must be an integer from -9223372036854775808 to 9223372036854775807",
            ),
            (
                r#"{"n128":340282366920938463463374607431768211456}"#,
                "/n128",
                "value",
                "must be an integer from 0 to 340282366920938463463374607431768211455",
            ),
            (r#"{"n128":18446744073709551616,"last":"x"}"#, "/last", "type", "must be an integer from 0 to 255"),
            (r#"{"ignored":1e999,"last":256}"#, "/last", "value", "must be an integer from 0 to 255"),
            (r#"{"float":1e999}"#, "/float", "value", "must be a number that is not too large"),
            (r#"{"pair":[1]}"#, "/pair", "length", list_of_2),
            (r#"{"pair":[1,2,3]}"#, "/pair", "length", list_of_2),
            (r#"{"pair":[1,"x"]}"#, "/pair/1", "type", "must be an integer from 0 to 255"),
            (r#"{"array":[1]}"#, "/array", "length", list_of_2),
            (r#"{"array":[1,2,3]}"#, "/array", "length", list_of_2),
            (r#"{"array":{}}"#, "/array", "type", list_of_2),
            (r#"{"point":[1]}"#, "/point", "length", list_of_2),
            (r#"{"point":[1,2,3]}"#, "/point", "length", list_of_2),
            (r#"{"point":{"x":1}}"#, "/point/y", "missing", "is required"),
            (r#"{"unit":[1,2,3]}"#, "/unit", "length", list_of_2),
            (r#"{"7":"x"}"#, "/7", "type", "must be an integer from 0 to 255"),
            (r#"{"":"x"}"#, "/", "type", "must be an integer from 0 to 255"),
            (r#"{"first":1,"first":2}"#, "/first", "duplicate", "is given more than once"),
            (r#"{"new":1,"old":2}"#, "/old", "duplicate", "is given more than once"),
            (
                r#"{"numbers":{"1":1,"x":2}}"#,
                "/numbers",
                "value",
                "has a key that must be an integer from 0 to 4294967295",
            ),
            (r#"{"numbers":{"1":"x"}}"#, "/numbers/1", "type", "must be an integer from 0 to 255"),
            (r#"{"colours":{"green":1}}"#, "/colours", "variant", "has a key that must be one of `red`, `blue`"),
            (r#"{"colours":{"blue":"x"}}"#, "/colours/blue", "type", "must be an integer from 0 to 255"),
            (r#"{"bytes":{"a/b":[1,null,"x"]}}"#, "/bytes/a~1b/2", "type", "must be an integer from 0 to 255"),
            (r#"{"lenient":300,"last":300}"#, "/last", "value", "must be an integer from 0 to 255"),
        ],
    )
    .await;
}

#[tokio::test]
async fn error_in_what_serde_buffers_is_reported_at_the_deepest_certain_place() {
    check(
        "/buffered",
        &[
            (r#"{"internal":{}}"#, "/internal/type", "missing", "is required"),
            (r#"{"internal":{"type":"square"}}"#, "/internal/type", "variant", "must be one of `circle`, `empty`"),
            (r#"{"internal":{"type":"circle"}}"#, "/internal", "missing", "lacks a required field `radius`"),
            (
                r#"{"internal":{"type":"circle","radius":"x","centre":{"x":1}}}"#,
                "/internal",
                "type",
                "has a value that must be an integer from 0 to 255",
            ),
            (
                r#"{"internal":{"type":"circle","radius":1,"centre":{}}}"#,
                "/internal",
                "missing",
                "lacks a required field `x`",
            ),
            (
                r#"{"adjacent":{"type":"circle","of":{"radius":"x"}}}"#,
                "/adjacent/of/radius",
                "type",
                "must be an integer from 0 to 255",
            ),
            (
                r#"{"adjacent":{"of":{"radius":"x"},"type":"circle"}}"#,
                "/adjacent",
                "type",
                "has a value that must be an integer from 0 to 255",
            ),
            (
                r#"{"adjacent":{"of":{"radius":1},"type":"circle"}}"#,
                "/adjacent",
                "missing",
                "lacks a required field `type`",
            ),
            (r#"{"adjacent":{"type":"circle"}}"#, "/adjacent/of", "missing", "is required"),
            (r#"{"untagged":{"inner":{"x":"y"}}}"#, "/untagged", "invalid", "is not valid"),
            (r#"{"flat":{"id":"x","inner":{"x":1}}}"#, "/flat/id", "type", "must be an integer from 0 to 255"),
            (
                r#"{"flat":{"id":1,"inner":{"x":"y"}}}"#,
                "/flat",
                "type",
                "has a value that must be an integer from 0 to 255",
            ),
            (r#"{"flat":{"id":1,"inner":{}}}"#, "/flat", "missing", "lacks a required field `x`"),
        ],
    )
    .await;
}

#[tokio::test]
async fn depth_of_ignored_values_does_not_matter() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let problem = refused("/kinds", &format!(r#"{{"ignored":{deep},"last":"x"}}"#), 422).await;
    assert_eq!(error(&problem).0, "/last");
    let accepted = app().post("/kinds").json(&json!({ "last": 7 }));
    assert_eq!(accepted.send().await.text(), "7");
    let too_deep = refused("/buffered", &format!(r#"{{"untagged":{deep}}}"#), 400).await;
    let detail = too_deep["detail"].as_str().unwrap();
    assert!(detail.starts_with("the body is nested too deeply (line 1"), "{detail}");
    let broken = refused("/kinds", r#"{"last":"x","ignored":"#, 400).await;
    assert!(broken["detail"].as_str().unwrap().starts_with("the body is not JSON"), "{broken}");
}

#[tokio::test]
async fn empty_value_is_none_if_its_type_cannot_be_empty() {
    for (query, expected) in [
        ("", "None None None None None [] false"),
        ("page=&sort=&id=", "None None None None None [] false"),
        ("page=1&sort=name&text=&words=", "Some(1) Some(Name) None Some(\"\") Some([\"\"]) [] false"),
        ("sizes=&sizes=3&sizes=&on=on", "None None None None None [None, Some(3), None] true"),
        ("sort=&on=true&by_name=", "None None None None None [] true"),
    ] {
        let answer = app().get(&format!("/page?{query}")).send().await;
        assert_eq!((answer.status().as_u16(), answer.text()), (200, expected), "{query}");
    }
}

#[tokio::test]
async fn wrong_pair_is_named_with_what_is_expected() {
    for (pairs, pointer, code, message) in [
        ("on=on&page=x", "page", "type", "must be an integer from 0 to 4294967295"),
        ("on=yes", "on", "type", "must be `true` or `false`"),
        ("new=1&new=2", "new", "duplicate", "is given more than once"),
        ("new=1&old=2", "old", "duplicate", "is given more than once"),
        ("7=x", "7", "type", "must be an integer from 0 to 255"),
        ("many=1&many=x", "many", "type", "must be an integer from 0 to 255"),
        ("sort=&page=&new=x", "new", "type", "must be an integer from 0 to 255"),
        ("id=hunter2", "id", "invalid", "must be a UUID"),
        ("sort=hunter2", "sort", "variant", "must be one of `name`"),
        ("by_name=0", "by_name", "value", "must be an integer from 1 to 65535"),
        ("by_name=x", "by_name", "type", "must be an integer from 1 to 65535"),
    ] {
        let answer = app().get(&format!("/page?{pairs}")).send().await;
        assert_eq!(answer.status(), 400, "{pairs}");
        assert_eq!(error(&answer.json()), (pointer, code, message), "{pairs}");
        let form = app().post("/page").header("content-type", "application/x-www-form-urlencoded").body(pairs);
        let answer = form.send().await;
        assert_eq!(answer.status(), 422, "{pairs}");
        assert_eq!(error(&answer.json()), (pointer, code, message), "{pairs}");
    }
}
