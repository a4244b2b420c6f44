//! The program that the tests restart: this binary, started again.

use std::{ffi::OsString, path::Path, process::Command, time::Duration};

use routekit::prelude::*;

/// The threads of the program's runtime.
pub(super) const WORKERS: usize = 2;

const PROGRAM: &str = "TEST_RESTARTED_PROGRAM";

#[get("/fast")]
async fn fast() -> &'static str {
    "fast"
}

/// Longer than most, as a report or a call of another service.
#[get("/slow")]
async fn slow() -> &'static str {
    tokio::time::sleep(Duration::from_millis(300)).await;
    "slow"
}

/// Blocks its thread, as no handler should.
#[get("/block")]
async fn block() -> &'static str {
    std::thread::sleep(Duration::from_secs(3));
    "block"
}

/// Takes until the file exists that the test names. The warm-up requests it.
#[get("/prices", cache(ttl = 60))]
async fn prices() -> &'static str {
    let gate = std::env::var_os(PROGRAM).unwrap();
    while !gate.is_empty() && !Path::new(&gate).exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    "prices"
}

/// A program whose warm-up waits until `gate` exists, if it is not empty.
pub(super) fn program(gate: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["restart::program::runs_as_a_process", "--exact", "--nocapture"]);
    command.env(PROGRAM, OsString::from(gate)).env("ROUTEKIT_ADDR", "127.0.0.1:0").env("ROUTEKIT_ADMIN_ADDR", "off");
    command.env("ROUTEKIT_SERVER_DRAIN_DELAY", "0").env_remove("RUST_LOG").env_remove("RUST_TEST_THREADS");
    command
}

#[test]
fn runs_as_a_process() {
    if std::env::var_os(PROGRAM).is_none() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build().unwrap();
    runtime.block_on(App::with_routes(routes![block, fast, slow, prices]).serve()).unwrap();
}
