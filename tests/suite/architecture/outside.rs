//! What reaches outside the process, starts tasks or reads the real clock.

use std::collections::BTreeSet;

use super::{ROUTEKIT, source::Sources};

/// Paths that only `app` may use, with all that is below them.
const FOR_THE_APP: &[&str] = &[
    "dbg!",
    "eprint!",
    "eprintln!",
    "metrics::set_global_recorder",
    "print!",
    "println!",
    "std::env",
    "std::fs",
    "std::io::stderr",
    "std::io::stdin",
    "std::io::stdout",
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::UdpSocket",
    "std::process",
    "std::thread::Builder",
    "std::thread::park",
    "std::thread::scope",
    "std::thread::sleep",
    "std::thread::spawn",
    "std::time::Instant::now",
    "std::time::SystemTime::now",
    "tokio::fs",
    "tokio::net",
    "tokio::process",
    "tokio::runtime",
    "tokio::signal",
    "tokio::spawn",
    "tokio::task::JoinSet",
    "tokio::task::LocalSet",
    "tokio::task::block_in_place",
    "tokio::task::spawn",
    "tokio::task::spawn_blocking",
    "tokio::task::spawn_local",
    "tokio::time::Instant::now",
];

/// Files outside `app` that may, and what. Must be exact.
const ALLOWED: &[(&str, &str)] = &[
    // Render the metrics and make a report, which takes long, on a thread where it holds up no request.
    ("admin/metrics/prometheus.rs", "tokio::task::spawn_blocking"),
    ("performance/few_threads.rs", "tokio::task::spawn_blocking"),
    ("base/clock/mod.rs", "std::time::Instant::now"),
    ("base/clock/mod.rs", "std::time::SystemTime::now"),
    // Deadlines run on tokio's time, which tests pause.
    ("deadline.rs", "tokio::time::Instant::now"),
    ("retry/run.rs", "tokio::time::Instant::now"),
    ("shutdown/handle.rs", "tokio::time::Instant::now"),
    // Health checks look outside, and only if a program adds them.
    ("health/checks/disk.rs", "tokio::task::spawn_blocking"),
    ("health/checks/tcp.rs", "tokio::net"),
    // Requests of health checks, and those that report alerts.
    ("base/http_target/plain.rs", "tokio::net"),
    // A program that sets up a store in Redis gives its address.
    ("cache/redis/link/connect.rs", "tokio::net"),
    // `/proc` and `/sys`, and the figures of the runtime that the app is served on.
    ("system/files.rs", "std::fs"),
    ("system/monitor.rs", "tokio::runtime"),
    ("system/runtime.rs", "tokio::runtime"),
    // `Spawner::tokio`, which a program chooses.
    ("base/spawner/mod.rs", "tokio::runtime"),
    ("base/spawner/mod.rs", "tokio::spawn"),
    // A program calls `telemetry::init` itself, before there is an app.
    ("telemetry/init.rs", "std::env"),
    // Spans are exported before, beside and after an app.
    ("telemetry/otlp/client.rs", "tokio::runtime"),
    ("telemetry/otlp/settings.rs", "std::env"),
    ("telemetry/init.rs", "std::io::stdout"),
    // The command line, which `main` calls with an app.
    ("cli/diff.rs", "std::fs"),
    ("cli/output.rs", "std::io::stderr"),
    ("cli/output.rs", "std::io::stdout"),
    ("cli/output.rs", "std::process"),
    ("cli/run.rs", "std::env"),
    ("cli/run.rs", "std::process"),
];

/// Ways out of the process.
const OUT_OF_THE_PROCESS: &[&str] = &[
    "hyper",
    "hyper_rustls",
    "hyper_util",
    "reqwest",
    "rustls_native_certs",
    "std::fs",
    "std::net",
    "std::os::unix::net",
    "std::process",
    "tokio::fs",
    "tokio::net",
    "tokio::process",
];

#[test]
fn only_the_app_reaches_outside() {
    let found = reaching(&ROUTEKIT, FOR_THE_APP);
    let found: BTreeSet<_> = found.into_iter().filter(|(file, _)| !file.starts_with("app/")).collect();
    let allowed: BTreeSet<_> = ALLOWED.iter().map(|(file, path)| ((*file).to_owned(), (*path).to_owned())).collect();
    assert_eq!(found, allowed, "left: what was found outside `app`, right: what is allowed");
}

/// A token is checked against keys that are known. One file fetches keys, from the URL that the program gives.
#[test]
fn auth_reaches_outside_only_to_fetch_keys() {
    let found = reaching(&ROUTEKIT, OUT_OF_THE_PROCESS);
    let in_auth = |file: &str| file.starts_with("auth/") || file.starts_with("identity/");
    let files: BTreeSet<String> = found.into_iter().map(|(file, _)| file).filter(|file| in_auth(file)).collect();
    assert_eq!(files, BTreeSet::from(["auth/jwt/jwks/http.rs".to_owned()]));
}

/// Files, each with the listed paths that it names, also by an alias of a `use`.
pub(super) fn reaching(sources: &Sources, listed: &[&str]) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (path, module) in &sources.modules {
        for named in sources.external(path) {
            // `core` and `std` name the same items.
            let named = named.join("::");
            let named = named.strip_prefix("core::").map_or(named.clone(), |rest| format!("std::{rest}"));
            let reached = listed.iter().filter(|listed| {
                named.strip_prefix(**listed).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
            });
            found.extend(reached.map(|listed| (module.file.clone(), (*listed).to_owned())));
        }
    }
    found
}
