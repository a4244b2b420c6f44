//! Logs under the filters of real programs: the start, one line for a failed request, and the end.
//!
//! A subscriber belongs to the process, so each case runs in a process of its own: this test binary, started again.

use std::{
    fmt::Write as _,
    process::{Command, Output},
};

use routekit::{access_log::AccessLogMode, config::Config, prelude::*};
use tokio::{net::TcpListener, sync::oneshot};
use tracing_subscriber::{Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::process::ask;

#[get("/f/{what}")]
async fn fail(what: String) -> Result<&'static str> {
    tracing::info!(what, "called");
    match what.as_str() {
        "broken" => Err(Problem::internal("the disk is full")),
        "panic" => panic!("as it should"),
        _ => Ok("fine"),
    }
}

#[get("/f/cached/{what}", cache(ttl = 60))]
async fn cached(what: String) -> Result<&'static str> {
    Err(Problem::internal(format!("{what} is full")))
}

/// Where the log of a case goes.
const LISTENER: &str = "ROUTEKIT_TEST_LISTENER";
const FILTER: &str = "ROUTEKIT_TEST_FILTER";
const OFF: &str = "ROUTEKIT_TEST_ACCESS_LOG_OFF";

/// A logger of the crate `log`, without `tracing`.
struct Plain;

impl log::Log for Plain {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target().starts_with("suite") || std::env::var(FILTER).is_ok_and(|filter| filter == "info")
    }

    #[expect(clippy::print_stdout, reason = "the test reads it")]
    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            println!("LOG {} {}: {}", record.level(), record.target(), record.args());
        }
    }

    fn flush(&self) {}
}

/// The program of a case. It does nothing unless [`run`] starts it.
#[test]
fn program() {
    let Ok(listener) = std::env::var(LISTENER) else { return };
    let filter = || tracing_subscriber::EnvFilter::new(std::env::var(FILTER).unwrap());
    let subscriber = || tracing_subscriber::fmt().with_env_filter(filter()).with_ansi(false);
    match listener.as_str() {
        "text" => subscriber().init(),
        "json" => subscriber().json().init(),
        "layer" => {
            let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_filter(filter());
            tracing_subscriber::registry().with(layer).init();
        }
        "log" => {
            log::set_logger(&Plain).unwrap();
            log::set_max_level(log::LevelFilter::Info);
        }
        _ => {}
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        let app = App::with_routes(routes![fail, cached]).config(Config::default()).configure(|config| {
            if std::env::var(OFF).is_ok() {
                config.set_access_log(AccessLogMode::Off);
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap().to_string();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(app.serve_on(listener, async { drop(stopped.await) }));
        tokio::task::spawn_blocking(move || {
            for path in ["/f/fine", "/f/broken", "/f/panic", "/f/cached/disk"] {
                ask(&addr, "GET", path, "");
            }
        })
        .await
        .unwrap();
        stop.send(()).unwrap();
        served.await.unwrap().unwrap();
    });
}

struct Logged {
    stdout: String,
    stderr: String,
}

impl Logged {
    fn of(output: Output) -> Self {
        let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        assert!(output.status.success(), "{stdout}\n{stderr}");
        Self { stdout, stderr }
    }

    fn lines(&self, part: &str) -> Vec<&str> {
        self.stdout.lines().filter(|line| line.contains(part)).collect()
    }

    /// The only line with this text.
    fn line(&self, part: &str) -> &str {
        let [line] = self.lines(part)[..] else { panic!("{part} in\n{}\n{}", self.stdout, self.stderr) };
        line
    }
}

fn run(listener: &str, filter: &str, access_log_off: bool) -> Logged {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["log_filters::program", "--exact", "--nocapture"]).env(LISTENER, listener).env(FILTER, filter);
    if access_log_off {
        command.env(OFF, "");
    }
    Logged::of(command.output().unwrap())
}

/// Asserts that no field appears twice in a line of the text format.
fn has_no_field_twice(line: &str) {
    let mut names: Vec<&str> = line.split([' ', '{']).filter_map(|word| Some(word.split_once('=')?.0)).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all, "{line}");
}

#[test]
fn failed_request_is_one_line_with_its_route_and_id_under_each_filter() {
    for filter in ["info", "warn", "error", "suite=debug,tower_http=debug,axum=trace", "suite=info"] {
        let logged = run("text", filter, false);
        for (cause, route) in [
            ("the disk is full", "/f/{what}"),
            ("a handler panicked: as it should", "/f/{what}"),
            ("disk is full", "/f/cached/{what}"),
        ] {
            let line = logged.lines(&format!("error={cause} "));
            let [line] = line[..] else { panic!("{filter}: {cause}\n{}", logged.stdout) };
            for part in ["ERROR", "request failed", "correlation_id=\"", "http.response.status_code=500"] {
                assert!(line.contains(part), "{filter}: {part}\n{line}");
            }
            assert!(line.contains(&format!("http.route=\"{route}\"")), "{filter}\n{line}");
        }
        let failures = ["ERROR", "WARN"].map(|level| logged.lines(level).len());
        assert_eq!(failures, [3, 0], "{filter}\n{}", logged.stdout);
        logged.lines("=").into_iter().for_each(has_no_field_twice);
    }
}

#[test]
fn failed_request_has_no_field_twice_as_json() {
    let logged = run("json", "info", false);
    let line = logged.line("the disk is full");
    for field in ["http.request.method", "http.route", "http.response.status_code", "correlation_id"] {
        assert_eq!(line.matches(&format!("\"{field}\"")).count(), 1, "{field} in {line}");
    }
    let json: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(json["fields"]["error"], "the disk is full");
    assert_eq!(json["target"], "routekit::access");
}

#[test]
fn cause_is_logged_without_an_access_log() {
    for filter in ["warn", "suite=debug"] {
        let logged = run("text", filter, true);
        let line = logged.line("error=the disk is full ");
        assert!(line.contains("http.route=\"/f/{what}\"") && line.contains("correlation_id="), "{line}");
    }
}

#[test]
fn start_and_end_appear_under_a_filter_that_names_only_the_program() {
    for filter in ["suite=debug,tower_http=debug,axum=trace", "suite=info", "suite=info,tower_http=debug"] {
        let logged = run("text", filter, false);
        for part in ["listening on http://127.0.0.1:", "stopped"] {
            assert!(logged.line(part).contains(" INFO suite: "), "{filter}\n{}", logged.stdout);
        }
        assert!(!logged.stderr.contains("the log"), "{filter}\n{}", logged.stderr);
    }
    let logged = run("text", "info", false);
    assert!(logged.line("listening on").contains(" INFO routekit: "), "{}", logged.stdout);
}

#[test]
fn filter_of_a_layer_is_respected_too() {
    let logged = run("layer", "suite=debug,tower_http=debug", false);
    for part in ["listening on http://127.0.0.1:", "stopped", "error=the disk is full ", "called"] {
        assert!(logged.lines(part).iter().all(|line| line.contains(" suite")), "{part}\n{}", logged.stdout);
    }
    // No event of the program is lost to the question what is shown.
    assert_eq!(logged.lines("called").len(), 3, "{}", logged.stdout);
    assert!(logged.line("error=the disk is full ").contains("http.route=\"/f/{what}\""), "{}", logged.stdout);
    let logged = run("layer", "suite=debug,routekit=error", false);
    assert!(logged.lines("listening on").is_empty(), "{}", logged.stdout);
    assert!(logged.line("error=the disk is full ").contains("routekit::access"), "{}", logged.stdout);
}

#[test]
fn filter_that_names_routekit_is_respected() {
    let logged = run("text", "suite=debug,routekit=error", false);
    assert!(logged.lines("listening on").is_empty(), "{}", logged.stdout);
    assert!(logged.line("error=the disk is full ").contains("routekit::access"), "{}", logged.stdout);
    let logged = run("text", "info,routekit=off", false);
    assert!(logged.lines("listening on").is_empty() && logged.lines("disk is full").is_empty(), "{}", logged.stdout);
    assert!(!logged.stderr.contains("the filter of the log hides routekit"), "{}", logged.stderr);
}

#[test]
fn no_log_is_said_only_without_a_listener() {
    const NOTHING: &str = "nothing is logged, not even failures";
    let logged = run("none", "", false);
    for part in [NOTHING, "listening on http://127.0.0.1:", "stopped"] {
        assert!(logged.stderr.contains(part), "{part}\n{}", logged.stderr);
    }
    for (listener, filter) in [("text", "info"), ("text", "off"), ("log", "info"), ("log", "")] {
        let logged = run(listener, filter, false);
        assert!(!logged.stderr.contains(NOTHING), "{listener} {filter}\n{}", logged.stderr);
        assert!(!logged.stderr.contains("listening on"), "{listener} {filter}\n{}", logged.stderr);
    }
    let mut stdout = String::new();
    for (filter, target) in [("info", "routekit"), ("", "suite")] {
        let logged = run("log", filter, false);
        assert!(logged.line("listening on").contains(&format!("LOG INFO {target}")), "{}", logged.stdout);
        assert!(logged.lines("the disk is full").len() == 1, "{}", logged.stdout);
        let _ = write!(stdout, "{}", logged.stdout);
    }
    let logged = run("text", "tower_http=debug", false);
    assert!(logged.stderr.contains("the filter of the log hides routekit"), "{}", logged.stderr);
}
