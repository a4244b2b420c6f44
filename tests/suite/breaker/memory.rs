//! The memory of a breaker does not grow with the number of calls.

use std::{fs, process::Command};

use routekit::breaker::CircuitBreaker;

/// Anonymous memory of this process in KiB. Code is not counted, because its pages are loaded on first use.
fn resident() -> i64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Set in the child process, where no other test allocates.
const ALONE: &str = "ROUTEKIT_TEST_ALONE";

fn ten_million_calls() -> i64 {
    let by_time = CircuitBreaker::builder("time").failure_rate(1.0).slow_call(super::SECOND).build().unwrap();
    let by_calls = CircuitBreaker::builder("calls").failure_rate(1.0).window(1000_u32).build().unwrap();
    let calls = |count: u32| {
        for call in 0..count {
            for breaker in [&by_time, &by_calls] {
                let permit = breaker.try_acquire().unwrap();
                if call % 3 == 0 { permit.failure() } else { permit.success() }
            }
        }
    };
    calls(10_000);
    let before = resident();
    calls(5_000_000);
    resident() - before
}

#[test]
fn ten_million_calls_do_not_grow_memory() {
    if std::env::var_os(ALONE).is_some() {
        println!("grown by {} KiB", ten_million_calls());
        return;
    }
    let test = "breaker::memory::ten_million_calls_do_not_grow_memory";
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let grown = said.split_once("grown by ").unwrap_or_else(|| panic!("{said}")).1;
    let kib: i64 = grown.split_once(" KiB").unwrap().0.parse().unwrap();
    // One byte for each call would be 10,000 KiB.
    assert!(kib < 256, "{kib} KiB more");
}
