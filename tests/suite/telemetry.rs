//! Logs of a program that calls `telemetry::init`, and the recorder of a served program.

use std::{
    io::{BufRead, BufReader, Lines},
    process::{Child, ChildStdout, Command, Stdio},
};

use serde_json::Value;

use crate::process::{ask, build};

/// `examples/shop`, which logs as JSON.
struct Shop {
    child: Child,
    log: Lines<BufReader<ChildStdout>>,
}

impl Shop {
    fn start() -> Self {
        let mut child = command()
            .env("ROUTEKIT_LOG_FORMAT", "json")
            .env("ROUTEKIT_ACCESS_LOG", "all")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, log }
    }

    /// The next line of the log that contains this.
    fn line(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut lines = self.log.by_ref().map(|line| serde_json::from_str(&line.unwrap()).expect("every line is JSON"));
        lines.find(|line: &Value| wanted(line)).expect("the log has such a line")
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command() -> Command {
    let mut command = Command::new(build("shop", "shop"));
    command.env("ROUTEKIT_ADDR", "127.0.0.1:0").env("ROUTEKIT_ADMIN_ADDR", "127.0.0.1:0").env_remove("RUST_LOG");
    command
}

#[test]
fn json_logs_have_correlation_ids() {
    let mut shop = Shop::start();
    let listening = shop.line(|line| line["addr"].is_string());
    let (addr, admin) = (listening["addr"].as_str().unwrap(), listening["admin"].as_str().unwrap());
    let answer = ask(addr, "GET", "/orders/7", "");
    let id = answer.lines().find_map(|line| line.strip_prefix("x-correlation-id: ")).expect("it has an id");
    let access = shop.line(|line| line["target"] == "routekit::access");
    assert_eq!(access["http.route"], "/orders/{id}");
    assert_eq!(access["http.response.status_code"], 200);
    assert_eq!(access["correlation_id"], id);
    assert!(access.get("span").is_none(), "its fields would be in the line twice: {access}");

    // When served, the app's recorder is the program's, so a handler's counters are scraped too.
    let metrics = ask(admin, "GET", "/metrics", "");
    assert!(metrics.contains("shop_orders_shown_total 1"), "{metrics}");
}

#[test]
fn invalid_filter_is_an_error() {
    for (variable, value) in [("ROUTEKIT_LOG_FORMAT", "xml"), ("RUST_LOG", "shop=loud")] {
        let output = command().env(variable, value).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(&format!("{variable} is `{value}`: ")), "{text}");
    }
}

#[test]
fn second_subscriber_is_an_error() {
    // Sets a subscriber, as a program might.
    crate::logs::caught(async {});
    let error = routekit::telemetry::init().unwrap_err().to_string();
    assert!(error.contains("found a `tracing` subscriber that is already set"), "{error}");
}
