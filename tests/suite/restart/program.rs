//! The program that the tests restart: this binary, started again.

use std::{ffi::OsString, path::Path, process::Command, time::Duration};

use axum::{body::Bytes, extract::ws::WebSocketUpgrade, response::Response};
use routekit::prelude::*;
use serde::Deserialize;

/// The threads of the program's runtime.
pub(crate) const WORKERS: usize = 2;

const PROGRAM: &str = "TEST_RESTARTED_PROGRAM";

/// With this variable, the program has the shutdown hooks `a`, `b` (never ends) and `c` (panics).
pub(crate) const HOOKS: &str = "TEST_HOOKS";

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
async fn block(seconds: Query<BlockedFor>) -> &'static str {
    eprintln!("a handler blocks its thread");
    std::thread::sleep(Duration::from_secs(seconds.seconds));
    "block"
}

#[derive(Deserialize, Validate)]
struct BlockedFor {
    seconds: u64,
}

/// More than the buffers of both sockets hold.
#[get("/large")]
async fn large() -> Vec<u8> {
    vec![b'x'; 64 << 20]
}

#[post("/upload", body_limit = "1GiB")]
async fn upload(_body: Bytes) {}

/// Knows nothing of shutdowns.
#[get("/echo")]
async fn echo(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(|mut socket| async move { while let Some(Ok(_)) = socket.recv().await {} })
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
pub(crate) fn program(gate: &Path) -> Command {
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
    let mut app = App::with_routes(routes![block, echo, fast, large, prices, slow, upload]);
    if std::env::var_os(HOOKS).is_some() {
        let note = |name: &'static str| eprintln!("the hook {name} runs");
        app = app
            .on_shutdown("a", async move || note("a"))
            .on_shutdown_within("b", Duration::from_millis(100), async move || {
                note("b");
                std::future::pending::<()>().await;
            })
            .on_shutdown("c", async move || -> () {
                note("c");
                std::panic::panic_any("as it should")
            });
    }
    // As `main` does, which returns the error.
    if let Err(error) = runtime.block_on(app.serve()) {
        eprintln!("{error}");
        drop(runtime);
        std::process::exit(1);
    }
}
