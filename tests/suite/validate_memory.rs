//! The memory of a rejected input does not grow with the number of its errors.

use std::{fs, process::Command};

use routekit::{prelude::*, test::TestApp};
use serde::{Deserialize, Serialize};

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

#[post("/ours")]
async fn ours(body: Json<Vec<Ours>>) -> String {
    body.iter().map(|item| item.amount).sum::<u32>().to_string()
}

#[post("/theirs")]
async fn theirs(body: Json<Nested>) -> String {
    body.items.iter().map(|item| item.amount).sum::<u32>().to_string()
}

/// The most memory that this process had, in KiB.
fn peak() -> i64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Set in the child process, where no other test allocates.
const ALONE: &str = "ROUTEKIT_TEST_ALONE";

/// The growth of the peak by a body of almost 1 MiB whose every item is wrong, in KiB.
async fn growth(path: &str, body: impl Fn(&str) -> String) -> i64 {
    let app = TestApp::new(App::with_routes(routes![ours, theirs]));
    let send = async |items: usize| {
        let text = body(&vec!["{}"; items].join(","));
        let answer = app.post(path).header("content-type", "application/json").body(text).send().await;
        assert_eq!(answer.status(), 422);
    };
    send(2000).await;
    let before = peak();
    send(349_000).await;
    peak() - before
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

#[tokio::test]
async fn list_with_wrong_items_takes_little_memory() {
    if std::env::var_os(ALONE).is_some() {
        println!("grown by {} KiB", growth("/ours", |items| format!("[{items}]")).await);
        return;
    }
    let kib = alone("validate_memory::list_with_wrong_items_takes_little_memory");
    assert!(kib < 12 * 1024, "{kib} KiB more");
}

#[tokio::test]
async fn list_of_types_with_another_derive_takes_little_memory() {
    if std::env::var_os(ALONE).is_some() {
        println!("grown by {} KiB", growth("/theirs", |items| format!("{{\"items\":[{items}]}}")).await);
        return;
    }
    let kib = alone("validate_memory::list_of_types_with_another_derive_takes_little_memory");
    assert!(kib < 12 * 1024, "{kib} KiB more");
}
