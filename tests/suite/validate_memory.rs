//! The memory of a rejected input does not grow with the number of its errors.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    process::Command,
};

use routekit::{prelude::*, test::TestApp, validator::ValidationError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Deserialize, Validate)]
struct Ours {
    #[serde(default)]
    #[validate(range(min = 1))]
    amount: u32,
}

#[derive(Deserialize, Serialize, validator::Validate)]
struct Theirs {
    #[serde(default)]
    #[validate(range(min = 1))]
    amount: u32,
}

#[derive(Deserialize, Validate)]
struct Nested {
    #[validate(nested)]
    items: Vec<Theirs>,
}

/// The other containers whose items are checked one by one.
#[derive(Deserialize, Validate)]
struct Deep {
    #[serde(default)]
    #[validate(nested)]
    lists: Vec<Vec<Theirs>>,
    #[serde(default)]
    #[validate(nested)]
    map: BTreeMap<String, Theirs>,
}

/// A list in types with another derive.
#[derive(Deserialize, Serialize, validator::Validate)]
struct Wrapper {
    #[validate(nested)]
    first_page: Page,
    #[serde(default)]
    tags: Vec<u8>,
}

#[derive(Deserialize, Serialize, validator::Validate)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[validate(nested, custom(function = "at_least_two_thousand"))]
    all_items: Vec<Theirs>,
}

fn at_least_two_thousand(items: &[Theirs]) -> Result<(), ValidationError> {
    if items.len() >= 2000 { Ok(()) } else { Err(ValidationError::new("too_few")) }
}

/// A tree of maps, with any names.
#[derive(Deserialize, Validate)]
struct Tree {
    #[serde(default)]
    #[validate(range(max = 1))]
    amount: u8,
    #[serde(default)]
    #[validate(nested)]
    map: BTreeMap<String, Tree>,
}

/// Lists and maps in other places of types with another derive.
#[derive(Deserialize, Serialize, validator::Validate)]
struct Places {
    #[serde(default)]
    #[validate(nested)]
    lists: Vec<Places>,
    #[serde(default)]
    #[validate(nested)]
    items: Vec<Theirs>,
    #[serde(default)]
    #[validate(nested)]
    map: HashMap<String, Theirs>,
    #[serde(default)]
    #[validate(nested)]
    tree: BTreeMap<String, Places>,
}

/// A type with our derive around one with another.
#[derive(Deserialize, Validate)]
struct Around {
    #[validate(nested)]
    inner: Places,
}

/// A pair of a form.
#[derive(Deserialize, Serialize, validator::Validate)]
struct Pair {
    #[validate(length(max = 1))]
    name: String,
    value: String,
}

#[post("/ours")]
async fn ours(body: Json<Vec<Ours>>) -> String {
    body.iter().map(|item| item.amount).sum::<u32>().to_string()
}

#[post("/theirs")]
async fn theirs(body: Json<Nested>) -> String {
    body.items.iter().map(|item| item.amount).sum::<u32>().to_string()
}

#[post("/root")]
async fn root(body: Json<Vec<Theirs>>) -> String {
    body.iter().map(|item| item.amount).sum::<u32>().to_string()
}

#[post("/deep")]
async fn deep(body: Json<Deep>) -> String {
    (body.lists.len() + body.map.len()).to_string()
}

#[post("/wrapped")]
async fn wrapped(body: Json<Wrapper>) -> String {
    (body.first_page.all_items.len() + body.tags.len()).to_string()
}

#[post("/tree")]
async fn tree(body: Json<Tree>) -> String {
    (usize::from(body.amount) + body.map.len()).to_string()
}

#[post("/places")]
async fn places(body: Json<Places>) -> String {
    (body.lists.len() + body.items.len() + body.map.len() + body.tree.len()).to_string()
}

#[post("/around")]
async fn around(body: Json<Around>) -> String {
    body.inner.items.len().to_string()
}

#[post("/form")]
async fn form(body: Form<Vec<Pair>>) -> String {
    body.iter().map(|pair| pair.name.len() + pair.value.len()).sum::<usize>().to_string()
}

/// The most memory that this process had, in KiB.
fn peak() -> i64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Set in the child process, where no other test allocates.
const ALONE: &str = "ROUTEKIT_TEST_ALONE";

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

fn app() -> TestApp {
    TestApp::new(App::with_routes(routes![ours, theirs, root, deep, wrapped, tree, places, around, form]))
}

/// The growth of the peak by the second body, which has as many errors, in KiB.
async fn growth(path: &str, media_type: &str, [first, second]: [String; 2], errors: usize) -> i64 {
    let app = app();
    let send = async |body: String| app.post(path).header("content-type", media_type).body(body).send().await;
    send(first).await;
    let before = peak();
    assert!(second.len() <= 2 * 1024 * 1024);
    let answer = send(second).await;
    let grown = peak() - before;
    assert_eq!(answer.status(), 422, "{}", answer.text());
    let answer: Value = answer.json();
    assert_eq!(answer["errors"].as_array().unwrap().len(), errors);
    grown
}

/// Runs a test in a process of its own, and returns the number that it prints.
fn alone(test: &str) -> i64 {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let grown = said.split_once("grown by ").unwrap_or_else(|| panic!("{said}")).1;
    grown.split_once(" KiB").unwrap().0.parse().unwrap()
}

#[expect(clippy::print_stdout, reason = "the parent process reads it")]
fn report(kib: i64) {
    println!("grown by {kib} KiB");
}

/// Measures in a process of its own, and compares the growth with a limit, both in KiB.
async fn takes_at_most(limit: i64, test: &str, path: &str, media_type: &str, bodies: [String; 2]) {
    takes_with_errors(1000, limit, test, path, media_type, bodies).await;
}

/// The same for a second body with this number of errors.
async fn takes_with_errors(errors: usize, limit: i64, test: &str, path: &str, media_type: &str, bodies: [String; 2]) {
    if std::env::var_os(ALONE).is_some() {
        report(growth(path, media_type, bodies, errors).await);
        return;
    }
    let kib = alone(&format!("validate_memory::{test}"));
    assert!(kib < limit, "{kib} KiB more");
}

/// Lists of empty objects, in almost 1 MiB.
fn lists(around: impl Fn(&str) -> String) -> [String; 2] {
    [2000, 349_000].map(|items| around(&vec!["{}"; items].join(",")))
}

#[tokio::test]
async fn list_with_wrong_items_takes_little_memory() {
    let name = "list_with_wrong_items_takes_little_memory";
    takes_at_most(12 * 1024, name, "/ours", JSON, lists(|items| format!("[{items}]"))).await;
}

#[tokio::test]
async fn list_of_types_with_another_derive_takes_little_memory() {
    let name = "list_of_types_with_another_derive_takes_little_memory";
    takes_at_most(12 * 1024, name, "/theirs", JSON, lists(|items| format!("{{\"items\":[{items}]}}"))).await;
}

#[tokio::test]
async fn list_of_types_with_another_derive_at_the_root_takes_little_memory() {
    let name = "list_of_types_with_another_derive_at_the_root_takes_little_memory";
    takes_at_most(12 * 1024, name, "/root", JSON, lists(|items| format!("[{items}]"))).await;
}

#[tokio::test]
async fn list_in_types_with_another_derive_takes_little_memory() {
    let name = "list_in_types_with_another_derive_takes_little_memory";
    let around = |items: &str| format!("{{\"first_page\":{{\"allItems\":[{items}]}}}}");
    takes_at_most(12 * 1024, name, "/wrapped", JSON, lists(around)).await;
}

#[tokio::test]
async fn list_in_a_list_takes_little_memory() {
    let name = "list_in_a_list_takes_little_memory";
    takes_at_most(12 * 1024, name, "/deep", JSON, lists(|items| format!("{{\"lists\":[[{items}]]}}"))).await;
}

#[tokio::test]
async fn map_of_types_with_another_derive_takes_little_memory() {
    let bodies = [2000, 75_000].map(|items| {
        let items: Vec<_> = (0..items).map(|item| format!("\"{item:x}\":{{}}")).collect();
        format!("{{\"map\":{{{}}}}}", items.join(","))
    });
    takes_at_most(20 * 1024, "map_of_types_with_another_derive_takes_little_memory", "/deep", JSON, bodies).await;
}

#[tokio::test]
async fn pairs_of_a_form_take_little_memory() {
    // The first body has the same pairs, with a valid name.
    let bodies = ["a", "ab"].map(|name| vec![format!("{name}="); 260_000].join("&"));
    takes_at_most(12 * 1024, "pairs_of_a_form_take_little_memory", "/form", FORM, bodies).await;
}

/// The errors of 349,000 empty objects, in these places of a type with another derive.
async fn takes_little_in(test: &str, path: &str, around: impl Fn(&str) -> String) {
    takes_at_most(MOST, test, path, JSON, lists(around)).await;
}

/// 16 MiB, the values themselves included.
const MOST: i64 = 16 * 1024;

#[tokio::test]
async fn list_in_an_item_takes_little_memory() {
    let around = |items: &str| format!("{{\"lists\":[{{}},{{\"lists\":[{{\"items\":[{items}]}}]}}]}}");
    takes_little_in("list_in_an_item_takes_little_memory", "/places", around).await;
}

#[tokio::test]
async fn list_in_a_map_takes_little_memory() {
    let around = |items: &str| format!("{{\"tree\":{{\"a\":{{}},\"b\":{{\"items\":[{items}]}}}}}}");
    takes_little_in("list_in_a_map_takes_little_memory", "/places", around).await;
}

#[tokio::test]
async fn list_in_a_struct_that_is_an_array_takes_little_memory() {
    let around = |items: &str| format!("[[],[{items}],{{}},{{}}]");
    takes_little_in("list_in_a_struct_that_is_an_array_takes_little_memory", "/places", around).await;
}

#[tokio::test]
async fn list_of_another_derive_inside_of_ours_takes_little_memory() {
    let around = |items: &str| format!("{{\"inner\":{{\"items\":[{items}]}}}}");
    takes_little_in("list_of_another_derive_inside_of_ours_takes_little_memory", "/around", around).await;
}

#[tokio::test]
async fn map_in_types_with_another_derive_takes_little_memory() {
    let bodies = [2000, 75_000].map(|items| {
        let items: Vec<_> = (0..items).map(|item| format!("\"{item:x}\":{{}}")).collect();
        format!("{{\"map\":{{{}}}}}", items.join(","))
    });
    takes_at_most(MOST, "map_in_types_with_another_derive_takes_little_memory", "/places", JSON, bodies).await;
}

#[tokio::test]
async fn many_lists_take_little_memory() {
    let lists = |items: usize| vec![format!("{{\"items\":[{}]}}", vec!["{}"; items].join(",")); 100].join(",");
    let bodies = [20, 3400].map(|items| format!("{{\"lists\":[{}]}}", lists(items)));
    takes_at_most(MOST, "many_lists_take_little_memory", "/places", JSON, bodies).await;
}

#[tokio::test]
async fn errors_at_the_end_of_a_long_list_take_little_memory() {
    let bodies = [1, 100_000].map(|wrong| {
        let (good, wrong) = (vec!["{\"amount\":1}"; 30_000].join(","), vec!["{}"; wrong].join(","));
        format!("{{\"items\":[{good},{wrong}]}}")
    });
    let name = "errors_at_the_end_of_a_long_list_take_little_memory";
    takes_with_errors(1, MOST, name, "/places", JSON, bodies).await;
}

async fn send(path: &str, body: String) -> (u16, Value) {
    let answer = app().post(path).header("content-type", JSON).body(body).send().await;
    let text = answer.text().to_owned();
    (answer.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

#[tokio::test]
async fn input_with_very_many_elements_is_rejected_only_for_types_with_another_derive() {
    let items = |item: &str, count: usize| vec![item; count].join(",");
    let good = format!("{{\"items\":[{}]}}", items("{\"amount\":1}", 100_000));
    assert_eq!(send("/places", good).await, (200, json!(100_000)));
    let many = items("{}", 600_000);
    // The first window has errors enough.
    let (status, problem) = send("/places", format!("{{\"items\":[{many}]}}")).await;
    assert_eq!((status, problem["errors"].as_array().unwrap().len()), (422, 1000));
    let (status, problem) = send("/places", format!("{{\"lists\":[{many}]}}")).await;
    assert_eq!((status, &problem["detail"]), (413, &json!("the input has too many list items or map entries")));
    let ours = items("{\"amount\":1}", 140_000);
    assert_eq!(send("/ours", format!("[{ours}]")).await, (200, json!(140_000)));
}

#[tokio::test]
async fn long_input_with_too_many_errors_says_so() {
    let (good, wrong) = (vec!["{\"amount\":1}"; 20_000].join(","), vec!["{}"; 20_000].join(","));
    let (status, problem) = send("/places", format!("{{\"items\":[{good},{wrong}]}}")).await;
    let expected = json!([{
        "pointer": "", "code": "too_many", "message": "breaks rules in too many places to list them",
    }]);
    assert_eq!((status, &problem["errors"]), (422, &expected));
    // As few as can be listed.
    let wrong = ["{}"; 3].join(",");
    let (status, problem) = send("/places", format!("{{\"items\":[{good},{wrong}]}}")).await;
    let errors: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!((status, errors), (422, vec!["/items/20000/amount", "/items/20001/amount", "/items/20002/amount"]));
}

#[tokio::test]
async fn wrong_value_after_a_long_list_takes_little_memory() {
    let name = "wrong_value_after_a_long_list_takes_little_memory";
    // The first body is as long, and valid.
    let bodies = ["{}", "1"].map(|last| format!("[{}{last}]", "{\"\":0},".repeat(250_000)));
    takes_with_errors(1, 8 * 1024, name, "/ours", JSON, bodies).await;
}

/// A tree whose deepest map has many entries, and then a wrong value.
fn deep_tree(entries: usize, last: &str) -> String {
    let entries: String = (0..entries).map(|entry| format!("\"{entry:x}\":{{}},")).collect();
    let deepest = format!("{{\"map\":{{{entries}\"last\":{last}}}}}");
    (0..50).fold(deepest, |inner, depth| format!("{{\"map\":{{\"level{depth}\":{inner}}}}}"))
}

#[tokio::test]
async fn wrong_value_in_a_deep_map_takes_little_memory() {
    let name = "wrong_value_in_a_deep_map_takes_little_memory";
    let bodies = ["{}", "1"].map(|last| deep_tree(150_000, last));
    takes_with_errors(1, 8 * 1024, name, "/tree", JSON, bodies).await;
}

#[tokio::test]
async fn broken_rule_in_a_deep_map_takes_little_memory() {
    let name = "broken_rule_in_a_deep_map_takes_little_memory";
    let bodies = ["{}", "{\"amount\":2}"].map(|last| deep_tree(150_000, last));
    takes_with_errors(1, 12 * 1024, name, "/tree", JSON, bodies).await;
}

#[tokio::test]
async fn broken_rule_below_a_long_key_takes_little_memory() {
    let name = "broken_rule_below_a_long_key_takes_little_memory";
    let (key, entries) =
        ("k".repeat(1_000_000), (0..990).map(|entry| format!("\"{entry}\":{{}},")).collect::<String>());
    let body = |last| format!("{{\"map\":{{\"{key}\":{{\"map\":{{{entries}\"last\":{last}}}}}}}}}");
    takes_with_errors(1, 16 * 1024, name, "/tree", JSON, ["{}", "{\"amount\":2}"].map(body)).await;
}

#[tokio::test]
async fn long_list_with_few_errors_reports_each_at_its_place() {
    let mut items = vec![json!({ "amount": 1 }); 5000];
    assert_eq!(app().post("/root").json(&items).send().await.text(), "5000");
    for wrong in [0, 99, 100, 4999] {
        items[wrong] = json!({});
    }
    let answer = app().post("/root").json(&items).send().await;
    assert_eq!(answer.status(), 422);
    let answer: Value = answer.json();
    let errors = answer["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap());
    let errors: Vec<_> = errors.collect();
    assert_eq!(errors, ["/0/amount", "/100/amount", "/4999/amount", "/99/amount"]);
}

#[tokio::test]
async fn rule_about_a_long_list_sees_all_of_its_items() {
    let body = |items: &[Value]| json!({ "tags": vec![1; 5000], "first_page": { "allItems": items } });
    let mut items = vec![json!({ "amount": 1 }); 3000];
    assert_eq!(app().post("/wrapped").json(&body(&items)).send().await.text(), "8000");
    items[2999] = json!({});
    let answer: Value = app().post("/wrapped").json(&body(&items)).send().await.json();
    let errors = answer["errors"].as_array().unwrap();
    assert_eq!((errors.len(), &errors[0]["pointer"]), (1, &json!("/first_page/allItems/2999/amount")));
}
