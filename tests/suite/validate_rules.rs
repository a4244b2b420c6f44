//! `#[derive(Validate)]`: which types it takes, and where their errors are.

use routekit::{
    prelude::*,
    test::TestApp,
    validator::{ValidationError, ValidationErrorsKind},
};
use serde::Deserialize;
use serde_json::{Value, json};

/// Items that implement nothing but what a request needs.
#[derive(Deserialize, Validate)]
struct Line {
    #[validate(range(min = 1))]
    amount: u32,
}

/// The error of every rule of a list and of its items.
#[derive(Deserialize, Validate)]
struct Order {
    #[validate(length(max = 2), custom(function = "sorted"), nested)]
    lines: Vec<Line>,
    #[validate(required, nested)]
    gift: Option<Line>,
}

fn sorted(lines: &[Line]) -> Result<(), ValidationError> {
    if lines.is_sorted_by_key(|line| line.amount) { Ok(()) } else { Err(ValidationError::new("sorted")) }
}

#[post("/orders")]
async fn order(body: Json<Order>) -> String {
    format!("{}", body.lines.len() + body.gift.iter().len())
}

#[derive(Deserialize, Validate)]
#[serde(rename_all = "camelCase")]
enum Pay {
    CreditCard {
        #[validate(credit_card)]
        number: String,
    },
    Voucher(#[validate(length(min = 4))] String),
    Split(#[validate(nested)] Line, #[validate(nested)] Line),
    Cash,
}

#[post("/pay")]
async fn pay(body: Json<Pay>) -> String {
    match body.into_inner() {
        Pay::CreditCard { number } => number,
        Pay::Voucher(text) => text,
        Pay::Split(one, two) => format!("{} {}", one.amount, two.amount),
        Pay::Cash => "cash".to_owned(),
    }
}

#[derive(Deserialize, Validate)]
#[serde(tag = "kind", rename_all_fields = "camelCase")]
enum Shape {
    Circle {
        #[validate(range(exclusive_min = 0.0))]
        half_width: f64,
    },
}

#[derive(Deserialize, Validate)]
struct Name(#[validate(length(min = 1))] String);

/// A generic type, whose bounds are those that its rules need.
#[derive(Deserialize, Validate)]
struct Page<T> {
    #[validate(nested)]
    items: Vec<T>,
}

#[derive(Deserialize, Validate)]
struct Drawing {
    #[validate(nested)]
    name: Name,
    #[validate(nested)]
    shapes: Page<Shape>,
    #[validate(length(max = 2, code = "too_long"))]
    tag: Option<String>,
}

#[post("/drawings")]
async fn drawing(body: Json<Drawing>) -> String {
    let Shape::Circle { half_width } = body.shapes.items[0];
    format!("{} {half_width} {:?}", body.name.0, body.tag)
}

/// A type whose fields have other names or places in the input.
#[derive(Deserialize, Validate)]
struct Account {
    #[serde(rename = "email", alias = "mail", alias = "e-mail")]
    #[validate(email)]
    address: String,
    #[serde(flatten)]
    #[validate(nested)]
    owner: Owner,
    #[serde(alias = "lines")]
    #[validate(nested)]
    orders: Vec<Line>,
    #[validate(nested)]
    limit: Limit,
    #[serde(alias = "payment")]
    #[validate(nested)]
    pay: Option<Means>,
}

#[derive(Deserialize, Validate)]
struct Owner {
    #[serde(alias = "name")]
    #[validate(length(min = 1))]
    full_name: String,
    #[validate(custom(function = "adult"), nested)]
    card: Line,
}

fn adult(card: &Line) -> Result<(), ValidationError> {
    if card.amount < 100 { Ok(()) } else { Err(ValidationError::new("adult")) }
}

#[derive(Deserialize, Validate)]
#[serde(transparent)]
struct Limit {
    #[validate(range(max = 9))]
    value: u32,
}

#[derive(Deserialize, Validate)]
enum Means {
    #[serde(alias = "iban")]
    Account {
        #[serde(alias = "no")]
        #[validate(length(min = 4))]
        number: String,
    },
}

#[post("/accounts")]
async fn account(body: Json<Account>) -> String {
    let Account { address, owner, orders, limit, pay } = body.into_inner();
    let number = pay.map(|Means::Account { number }| number);
    format!("{address} {} {} {} {} {number:?}", owner.full_name, owner.card.amount, orders.len(), limit.value)
}

async fn errors(path: &str, body: Value) -> Vec<(String, String, String)> {
    let app = TestApp::new(App::with_routes(routes![order, pay, drawing, account]));
    let answer = app.post(path).json(&body).send().await;
    if answer.status() == 200 {
        return Vec::new();
    }
    assert_eq!(answer.status(), 422, "{}", answer.text());
    let answer: Value = answer.json();
    let text = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
    let errors = answer["errors"].as_array().unwrap().iter();
    errors.map(|error| (text(error, "pointer"), text(error, "code"), text(error, "message"))).collect()
}

fn expected(rows: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    rows.iter().map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect()
}

#[tokio::test]
async fn list_items_without_serialize_are_validated() {
    let line = |amount: u32| json!({ "amount": amount });
    assert_eq!(errors("/orders", json!({ "lines": [line(1)], "gift": line(1) })).await, []);
    let found = errors("/orders", json!({ "lines": [line(0), line(0), line(0)] })).await;
    let length = ("/lines", "length", "must have a length of at most 2");
    assert_eq!(found, expected(&[("/gift", "required", "is required"), length]));
}

#[tokio::test]
async fn errors_of_items_survive_a_failing_custom_rule() {
    let found =
        errors("/orders", json!({ "lines": [{ "amount": 2 }, { "amount": 0 }], "gift": { "amount": 1 } })).await;
    let rows = [("/lines", "sorted", "is not valid"), ("/lines/1/amount", "range", "must be at least 1")];
    assert_eq!(found, expected(&rows));
}

#[tokio::test]
async fn fields_of_variants_have_the_pointers_of_serde() {
    let card = |number: &str| json!({ "creditCard": { "number": number } });
    for body in [json!("cash"), card("4539571147647251"), card("343380440754432"), json!({ "voucher": "abcd" })] {
        assert_eq!(errors("/pay", body).await, []);
    }
    let wrong = ("/creditCard/number", "credit_card", "must be a credit card number");
    for number in ["5236313877109141", "zduhefljsdfKJKJZHUI", "", "0", "4539 5711 4764 7251"] {
        assert_eq!(errors("/pay", card(number)).await, expected(&[wrong]), "{number}");
    }
    let found = errors("/pay", json!({ "voucher": "abc" })).await;
    assert_eq!(found, expected(&[("/voucher", "length", "must have a length of at least 4")]));
    let found = errors("/pay", json!({ "split": [{ "amount": 1 }, { "amount": 0 }] })).await;
    assert_eq!(found, expected(&[("/split/1/amount", "range", "must be at least 1")]));
}

#[tokio::test]
async fn newtypes_generic_types_and_tagged_enums_are_validated() {
    let body = json!({
        "name": "",
        "shapes": { "items": [{ "kind": "Circle", "halfWidth": 0.0 }] },
        "tag": "abc",
    });
    let rows = [
        ("/name", "length", "must have a length of at least 1"),
        ("/shapes/items/0/halfWidth", "range", "must be more than 0.0"),
        // A code of its own keeps the message of the rule.
        ("/tag", "too_long", "must have a length of at most 2"),
    ];
    assert_eq!(errors("/drawings", body).await, expected(&rows));
}

#[tokio::test]
async fn pointers_name_the_fields_as_the_input_does() {
    let pointers = async |body: Value| {
        let errors = errors("/accounts", body).await;
        errors.into_iter().map(|(pointer, ..)| pointer).collect::<Vec<_>>()
    };
    let own = json!({
        "email": "no", "full_name": "", "card": { "amount": 0 }, "orders": [{ "amount": 0 }], "limit": 10,
        "pay": { "Account": { "number": "1" } },
    });
    let expected = ["/card/amount", "/email", "/full_name", "/limit", "/orders/0/amount", "/pay/Account/number"];
    assert_eq!(pointers(own).await, expected);
    let aliased = json!({
        "e-mail": "no", "name": "", "card": { "amount": 0 }, "lines": [{ "amount": 1 }, { "amount": 0 }], "limit": 10,
        "payment": { "iban": { "no": "1" } },
    });
    let expected = ["/card/amount", "/e-mail", "/limit", "/lines/1/amount", "/name", "/payment/iban/no"];
    assert_eq!(pointers(aliased).await, expected);
}

#[test]
fn errors_outside_a_request_have_the_main_names() {
    let wrong = json!({ "mail": "no", "name": "n", "card": { "amount": 1 }, "lines": [], "limit": 1 });
    let errors = serde_json::from_value::<Account>(wrong).unwrap().validate().unwrap_err();
    assert_eq!(errors.errors().keys().collect::<Vec<_>>(), ["email"]);
}

/// A nested value whose own rules fail beside those of its field.
#[derive(Deserialize, Validate)]
struct Parcel {
    #[validate(custom(function = "light"), nested)]
    content: Line,
}

fn light(_: &Line) -> Result<(), ValidationError> {
    Err(ValidationError::new("light"))
}

#[test]
fn errors_of_a_nested_struct_survive_a_failing_custom_rule() {
    let errors = Parcel { content: Line { amount: 0 } }.validate().unwrap_err();
    let nested = errors.errors()["content"].clone();
    let ValidationErrorsKind::Struct(nested) = nested else { panic!("{nested:?}") };
    let mut fields: Vec<_> = nested.errors().keys().collect();
    fields.sort();
    assert_eq!(fields, ["__all__", "amount"]);
}
