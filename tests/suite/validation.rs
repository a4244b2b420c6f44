//! Validation of input: statuses of refusals, and the places that they name.

use std::collections::{HashMap, VecDeque};

use http::StatusCode;
use routekit::{prelude::*, test::TestApp, validator::ValidationError};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize, Validate)]
struct Filter {
    #[validate(range(min = 1))]
    page: Option<u32>,
    #[validate(range(min = 1, max = 100))]
    limit: Option<u32>,
    #[serde(default)]
    #[validate(length(max = 2))]
    tag: Vec<String>,
    sort: Option<Sort>,
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "lowercase")]
enum Sort {
    Name,
    Age,
}

#[get("/search")]
async fn search(query: Query<Filter>) -> String {
    format!("{:?} {:?} {:?} {:?}", query.page, query.limit, query.tag, query.sort)
}

#[derive(Deserialize, Validate)]
#[serde(deny_unknown_fields)]
struct SignUp {
    #[validate(email)]
    email: String,
    #[validate(length(min = 8))]
    password: String,
    #[validate(must_match(other = "password"))]
    repeated: String,
    #[validate(range(min = 18, max = 150))]
    age: u8,
}

#[post("/sign-up")]
async fn sign_up(body: Json<SignUp>) -> StatusCode {
    assert!(body.age >= 18);
    StatusCode::CREATED
}

#[post("/form")]
async fn form(body: Form<Filter>) -> String {
    format!("{:?} {:?}", body.page, body.tag)
}

#[derive(Deserialize, Validate)]
struct Place {
    #[validate(length(equal = 2))]
    country: String,
    zip: u32,
}

#[get("/places/{country}/{zip}")]
async fn place(path: Path<Place>) -> String {
    format!("{} {}", path.country, path.zip)
}

#[get("/items/{id}/{kind}")]
async fn item(id: u8, kind: Sort) -> String {
    format!("{id} {kind:?}")
}

/// Not `Serialize`.
#[derive(Deserialize, Validate, PartialEq)]
struct Line {
    #[validate(range(min = 1))]
    amount: u32,
}

#[derive(Deserialize, Validate)]
struct Order {
    #[validate(length(min = 1, max = 2), nested, custom(function = "no_doubles"))]
    lines: Vec<Line>,
    #[validate(length(max = 1), nested)]
    extras: Option<VecDeque<Line>>,
}

fn no_doubles(lines: &[Line]) -> Result<(), ValidationError> {
    let has_doubles = lines.windows(2).any(|pair| pair[0] == pair[1]);
    if has_doubles { Err(ValidationError::new("doubles")) } else { Ok(()) }
}

#[post("/orders")]
async fn order(body: Json<Order>) -> String {
    let extras = body.extras.as_ref().map_or(0, VecDeque::len);
    format!("{} {extras}", body.lines.len())
}

fn app() -> TestApp {
    TestApp::new(App::with_routes(routes![search, sign_up, form, place, item, order]))
}

#[tokio::test]
async fn lists_whose_items_do_not_serialize_are_validated() {
    let line = |amount: u32| json!({ "amount": amount });
    let rows: &[(&str, Value, u16, &[(&str, &str)])] = &[
        ("valid", json!({ "lines": [line(1)] }), 200, &[]),
        ("too long", json!({ "lines": [line(1), line(2), line(3)] }), 422, &[("/lines", "length")]),
        ("an item", json!({ "lines": [line(1), line(0)] }), 422, &[("/lines/1/amount", "range")]),
        ("doubles", json!({ "lines": [line(1), line(1)] }), 422, &[("/lines", "doubles")]),
        (
            "an optional list",
            json!({ "lines": [line(1)], "extras": [line(1), line(2)] }),
            422,
            &[("/extras", "length")],
        ),
        (
            "an item of an optional list",
            json!({ "lines": [line(1)], "extras": [line(0)] }),
            422,
            &[("/extras/0/amount", "range")],
        ),
    ];
    for (name, body, status, expected) in rows {
        let answer = app().post("/orders").json(body).send().await;
        assert_eq!(answer.status(), *status, "{name}: {}", answer.text());
        if *status != 200 {
            let expected: Vec<(String, String)> =
                expected.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect();
            assert_eq!(errors(&answer.json()), expected, "{name}");
        }
    }
}

/// `[(pointer, code)]` of the answer.
fn errors(answer: &Value) -> Vec<(String, String)> {
    let errors = answer["errors"].as_array().cloned().unwrap_or_default();
    errors
        .iter()
        .map(|error| (error["pointer"].as_str().unwrap().to_owned(), error["code"].as_str().unwrap().to_owned()))
        .collect()
}

#[tokio::test]
async fn query_errors_name_parameter_and_code() {
    let rows: &[(&str, &str, u16, &[(&str, &str)])] = &[
        ("nothing", "/search", 200, &[]),
        ("all of it", "/search?page=2&limit=100&tag=a&tag=b&sort=age", 200, &[]),
        ("one value of a list", "/search?tag=a", 200, &[]),
        ("two rules", "/search?page=0&limit=101", 422, &[("limit", "range"), ("page", "range")]),
        ("a list that is too long", "/search?tag=a&tag=b&tag=c", 422, &[("tag", "length")]),
        ("no number", "/search?page=abc", 400, &[("page", "type")]),
        ("a negative number", "/search?limit=-1", 400, &[("limit", "type")]),
        ("a number that overflows", "/search?limit=99999999999", 400, &[("limit", "type")]),
        ("an unknown variant", "/search?sort=colour", 400, &[("sort", "variant")]),
        ("given twice", "/search?limit=1&limit=2", 400, &[("limit", "duplicate")]),
        ("an empty value is none", "/search?page=", 200, &[]),
        ("percent-encoded", "/search?%70age=0", 422, &[("page", "range")]),
    ];
    for (name, path, status, expected) in rows {
        let answer = app().get(path).send().await;
        assert_eq!(answer.status(), *status, "{name}: {}", answer.text());
        if *status != 200 {
            let expected: Vec<(String, String)> =
                expected.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect();
            assert_eq!(errors(&answer.json()), expected, "{name}");
        }
    }
}

#[tokio::test]
async fn body_errors_name_pointer_and_code() {
    let good = json!({ "email": "a@example.com", "password": "long enough", "repeated": "long enough", "age": 18 });
    let with = |change: &dyn Fn(&mut Value)| {
        let mut body = good.clone();
        change(&mut body);
        body
    };
    let rows: Vec<(&str, Value, u16, Vec<(&str, &str)>)> = vec![
        ("right", good.clone(), 201, vec![]),
        (
            "every rule",
            json!({ "email": "no", "password": "short", "repeated": "other", "age": 17 }),
            422,
            vec![("/age", "range"), ("/email", "email"), ("/password", "length"), ("/repeated", "must_match")],
        ),
        ("missing", with(&|b| drop(b.as_object_mut().unwrap().remove("age"))), 422, vec![("/age", "missing")]),
        ("another type", with(&|b| b["age"] = json!("young")), 422, vec![("/age", "type")]),
        ("a number that does not fit", with(&|b| b["age"] = json!(256)), 422, vec![("/age", "value")]),
        ("unknown field", with(&|b| b["admin"] = json!(true)), 422, vec![("/admin", "unknown")]),
        ("null", with(&|b| b["email"] = Value::Null), 422, vec![("/email", "type")]),
        ("a list", json!([1, 2]), 422, vec![("/0", "type")]),
        ("a string", json!("hello"), 422, vec![("", "type")]),
    ];
    for (name, body, status, expected) in rows {
        let answer = app().post("/sign-up").json(&body).send().await;
        assert_eq!(answer.status(), status, "{name}: {}", answer.text());
        if status != 201 {
            let expected: Vec<(String, String)> =
                expected.into_iter().map(|(pointer, code)| (pointer.to_owned(), code.to_owned())).collect();
            assert_eq!(errors(&answer.json()), expected, "{name}");
        }
    }
}

#[tokio::test]
async fn rejected_values_are_not_repeated() {
    let secret = "hunter2";
    for body in [
        json!({ "email": secret, "password": secret, "repeated": "x", "age": 17 }),
        json!({ "email": "a@example.com", "password": "long enough", "repeated": "long enough", "age": secret }),
        json!({ "email": { secret: 1 }, "password": "long enough", "repeated": "long enough", "age": 18 }),
    ] {
        let answer = app().post("/sign-up").json(&body).send().await;
        assert_eq!(answer.status(), 422);
        assert!(!answer.text().contains(secret), "{}", answer.text());
    }
    for path in ["/search?page=hunter2", "/search?sort=hunter2", "/items/hunter2/name", "/items/1/hunter2"] {
        let answer = app().get(path).send().await;
        assert_eq!(answer.status(), 400, "{path}");
        let mut problem: Value = answer.json();
        problem.as_object_mut().unwrap().remove("instance"); // the URL that the client itself sent
        assert!(!problem.to_string().contains(secret), "{problem}");
    }
}

#[tokio::test]
async fn failed_rule_has_its_parameters() {
    let answer = app().get("/search?limit=0").header("x-correlation-id", "abc-1").send().await;
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(
        answer.json::<Value>(),
        json!({
            "type": "about:blank",
            "title": "Unprocessable Entity",
            "status": 422,
            "detail": "1 rule is broken",
            "instance": "/search",
            "correlationId": "abc-1",
            "errors": [{
                "pointer": "limit",
                "code": "range",
                "message": "must be at least 1 and at most 100",
                "params": { "min": 1, "max": 100 },
            }],
        })
    );
}

#[tokio::test]
async fn wrong_media_type_is_415_and_bad_syntax_400() {
    let good = r#"{"email":"a@example.com","password":"long enough","repeated":"long enough","age":18}"#;
    let rows = [
        ("no media type", None, good, 415),
        ("text", Some("text/plain"), good, 415),
        ("form", Some("application/x-www-form-urlencoded"), good, 415),
        ("not quite", Some("application/jsonx"), good, 415),
        ("json", Some("application/json"), good, 201),
        ("with a charset", Some("Application/JSON; charset=utf-8"), good, 201),
        ("a suffix", Some("application/vnd.shop+json"), good, 201),
        ("nothing", Some("application/json"), "", 400),
        ("broken off", Some("application/json"), r#"{"email":"#, 400),
        ("more behind", Some("application/json"), "{} {}", 400),
        ("not UTF-8", Some("application/json"), "{\"email\": \"\u{0}\"}", 400),
    ];
    for (name, media_type, body, status) in rows {
        let mut request = app().post("/sign-up").body(body);
        if let Some(media_type) = media_type {
            request = request.header("content-type", media_type);
        }
        let answer = request.send().await;
        assert_eq!(answer.status(), status, "{name}: {}", answer.text());
    }
}

#[tokio::test]
async fn form_errors_name_field_and_code() {
    let post = |body: &'static str| async move {
        app().post("/form").header("content-type", "application/x-www-form-urlencoded").body(body).send().await
    };
    assert_eq!(post("page=3&tag=a+b&tag=%C3%A4").await.text(), r#"Some(3) ["a b", "ä"]"#);
    let refused = post("page=0&tag=a&tag=b&tag=c").await;
    assert_eq!(refused.status(), 422);
    assert_eq!(errors(&refused.json()).len(), 2);
    assert_eq!(post("page=x").await.status(), 422);
    assert_eq!(app().post("/form").json(&json!({})).send().await.status(), 415);
}

#[tokio::test]
async fn placeholder_errors_name_the_placeholder() {
    assert_eq!(app().get("/items/7/age").send().await.text(), "7 Age");
    assert_eq!(app().get("/places/de/10115").send().await.text(), "de 10115");

    let refused = app().get("/items/300/age").send().await;
    assert_eq!(refused.status(), 400);
    let problem: Value = refused.json();
    assert_eq!(problem["errors"][0]["pointer"], "id");
    assert_eq!(problem["errors"][0]["message"], "must be an integer from 0 to 255");

    let refused = app().get("/items/7/colour").send().await;
    let problem: Value = refused.json();
    assert_eq!(problem["errors"][0]["pointer"], "kind");
    assert_eq!(problem["errors"][0]["message"], "must be one of `name`, `age`");

    let refused = app().get("/places/deu/x").send().await;
    assert_eq!(refused.status(), 400);
    assert_eq!(errors(&refused.json()), [("zip".to_owned(), "type".to_owned())]);
    let unknown: Value = app().get("/items/7/colour").send().await.json();
    assert_eq!(unknown["errors"][0]["code"], "variant");
    let refused = app().get("/places/deu/1").send().await;
    assert_eq!(refused.status(), 422);
    assert_eq!(errors(&refused.json()), [("country".to_owned(), "length".to_owned())]);

    assert_eq!(app().get("/items/%ff/age").send().await.status(), 400);
}

#[derive(Deserialize, Validate)]
struct One {
    #[validate(range(max = 0))]
    n: u32,
}

#[post("/many")]
async fn many(items: Json<Vec<One>>) -> String {
    items.len().to_string()
}

#[tokio::test]
async fn number_of_reported_errors_is_limited() {
    let items: Vec<Value> = (0..5000).map(|_| json!({ "n": 1 })).collect();
    let app = TestApp::new(App::with_routes(routes![many]));
    let answer = app.post("/many").json(&items).send().await;
    assert_eq!(answer.status(), 422);
    let problem: Value = answer.json();
    assert_eq!(problem["errors"].as_array().unwrap().len(), 1000);
    assert_eq!(problem["detail"], "at least 1000 rules are broken");
}

#[derive(Deserialize, Validate)]
struct Shapes {
    #[serde(default)]
    pay: Option<Pay>,
    #[serde(default)]
    emails: HashMap<String, Email>,
}

#[derive(Deserialize, Debug)]
#[expect(dead_code, reason = "only its shape matters")]
enum Pay {
    Card { number: u32 },
    Split(u8, u8),
    Cash,
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Email;

impl TryFrom<String> for Email {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.contains('@') { Ok(Self) } else { Err(text) }
    }
}

#[post("/shapes")]
async fn shapes(body: Json<Shapes>) -> String {
    format!("{:?} {}", body.pay, body.emails.len())
}

#[tokio::test]
async fn errors_inside_variants_and_maps_have_pointers() {
    let app = TestApp::new(App::with_routes(routes![shapes]));
    for (body, pointer, message) in [
        (
            json!({ "pay": { "Card": { "number": "x" } } }),
            "/pay/Card/number",
            "must be an integer from 0 to 4294967295",
        ),
        (json!({ "pay": { "Card": {} } }), "/pay/Card/number", "is required"),
        (json!({ "pay": { "Split": [1, "x"] } }), "/pay/Split/1", "must be an integer from 0 to 255"),
        (json!({ "pay": { "Cash": 5 } }), "/pay/Cash", "must be null"),
        (json!({ "emails": { "home": "x" } }), "/emails/home", "is not valid"),
    ] {
        let answer: Value = app.post("/shapes").json(&body).send().await.json();
        let error = &answer["errors"][0];
        assert_eq!((error["pointer"].as_str(), error["message"].as_str()), (Some(pointer), Some(message)), "{body}");
    }
}

#[tokio::test]
async fn syntax_error_names_its_own_line() {
    let body = "{\n\"email\": 5,\n\"password\": oops}";
    let answer = app().post("/sign-up").header("content-type", "application/json").body(body).send().await;
    assert_eq!(answer.status(), 400);
    assert!(answer.text().contains("line 3"), "{}", answer.text());
}

#[tokio::test]
async fn empty_value_is_not_named_for_an_error_elsewhere() {
    let answer = app().get("/search?limit=&page=abc").send().await;
    assert_eq!(errors(&answer.json()), [("page".to_owned(), "type".to_owned())]);
}

#[tokio::test]
async fn handler_can_be_called_as_a_function() {
    let called = item(7, Sort::Name).await;
    assert_eq!(called, "7 Name");
}
