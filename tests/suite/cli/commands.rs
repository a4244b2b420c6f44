use std::{
    io::Read,
    net::TcpListener,
    process::{ExitCode, Stdio},
};

use clap::Parser;
use routekit::{App, cli::Cli, config::Config, prelude::*};
use serde_json::Value;

use super::{run, shop};
use crate::support::{output_of, test_as_program};

#[test]
fn routes_are_listed_with_their_policies() {
    let ran = run(&["routes"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert_eq!(
        ran.stdout,
        "METHOD  PATH            CRATE         HANDLER  POLICIES\n\
         GET     /invoices/{id}  shop_billing  invoice  \n\
         GET     /orders/{id}    shop_orders   order    timeout = 2s, slo_availability = 0.999, slo_latency = 0.99 \
         within 300ms\n"
    );
    let filtered = run(&["routes", "orders"]).stdout;
    assert!(filtered.contains("/orders/{id}") && !filtered.contains("/invoices"), "{filtered}");
    let json: Value = serde_json::from_str(&run(&["routes", "--json"]).stdout).unwrap();
    assert_eq!(json[1]["route"], "GET /orders/{id}");
    let none = run(&["routes", "nothing"]);
    assert_eq!((none.status, none.stderr.as_str()), (Some(1), "no route has `nothing` in its method and path\n"));
}

#[test]
fn route_is_explained_by_method_and_path_or_by_path() {
    for route in ["GET /orders/{id}", "get /orders/{id}", "/orders/{id}"] {
        let ran = run(&["explain", route]);
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        assert!(ran.stdout.starts_with("GET /orders/{id}\n"), "{}", ran.stdout);
        assert!(ran.stdout.contains("timeout = 2s (attribute)"), "{}", ran.stdout);
    }
    let unknown = run(&["explain", "GET /order/{id}"]);
    assert_eq!(unknown.status, Some(2));
    assert!(unknown.stderr.contains("did you mean `GET /orders/{id}`?"), "{}", unknown.stderr);
}

#[test]
fn check_reports_the_problems_of_a_start() {
    let ran = run(&["check"]);
    assert_eq!(ran.status, Some(0));
    assert_eq!(ran.stdout, "2 routes without problems: 1 from shop_billing, 1 from shop_orders\n");
    let wrong = shop(&["check"]).env("ROUTEKIT_TIMEOUT", "soon").output().unwrap();
    assert_eq!(wrong.status.code(), Some(1));
    let text = String::from_utf8(wrong.stderr).unwrap();
    assert!(text.contains("ROUTEKIT_TIMEOUT is `soon`"), "{text}");
}

#[test]
fn documents_are_json_and_nothing_else() {
    let openapi: Value = serde_json::from_str(&run(&["openapi"]).stdout).unwrap();
    assert_eq!(openapi["openapi"], "3.1.1");
    let manifest: Value = serde_json::from_str(&run(&["manifest"]).stdout).unwrap();
    assert_eq!(manifest["openapi"], openapi);
    assert_eq!(manifest["routes"][1]["timeout_ms"], 2000);
    let board: Value = serde_json::from_str(&run(&["dashboard"]).stdout).unwrap();
    assert!(board["panels"].is_array(), "{board:#}");
    let rules = run(&["rules", "--job", "shop"]);
    assert_eq!(rules.status, Some(0), "{}", rules.stderr);
    assert!(rules.stdout.contains("job=\"shop\""), "{}", rules.stdout);
    let unknown = run(&["openapi", "--api-version", "v9"]);
    assert_eq!(unknown.status, Some(2));
    assert_eq!(unknown.stderr, "no route has the version `v9`; versions: none\n");
}

#[test]
fn no_command_but_serve_opens_a_port() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    for command in ["routes", "check", "openapi", "rules", "dashboard", "manifest"] {
        let ran = shop(&[command]).env("ROUTEKIT_ADDR", &addr).output().unwrap();
        assert_eq!(ran.status.code(), Some(0), "{command}");
    }
    for command in [&["serve", "--addr", &addr][..], &[]] {
        let ran = shop(command).env("ROUTEKIT_ADDR", &addr).output().unwrap();
        assert_eq!(ran.status.code(), Some(1), "{command:?}");
        let text = String::from_utf8(ran.stderr).unwrap();
        assert!(text.contains(&format!("cannot listen on {addr}")), "{text}");
    }
}

#[test]
fn wrong_usage_has_the_status_2() {
    for arguments in [&["bogus"][..], &["routes", "--bogus"], &["diff"], &["explain"], &["serve", "--addr", "here"]] {
        let ran = run(arguments);
        assert_eq!(ran.status, Some(2), "{arguments:?}");
        assert!(ran.stderr.starts_with("error: ") && ran.stdout.is_empty(), "{}", ran.stderr);
    }
    assert_eq!(run(&["--help"]).status, Some(0));
}

#[test]
fn completions_complete_the_program() {
    for (shell, expected) in [("bash", "complete -F _shop"), ("fish", "complete -c shop"), ("zsh", "#compdef shop")] {
        let ran = run(&["completions", shell]);
        assert_eq!(ran.status, Some(0));
        assert!(ran.stdout.contains(expected), "{}", ran.stdout);
    }
}

#[test]
#[cfg(unix)]
fn reader_that_has_read_enough_is_no_error() {
    let mut child = shop(&["openapi"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}

const CHILD: &str = "ROUTEKIT_TEST_CLI_PROGRAM";

/// A type without a schema.
#[derive(serde::Serialize)]
struct Bare(u8);

#[get("/cli-bare")]
async fn bare() -> Json<Bare> {
    Json(Bare(1))
}

#[test]
fn warnings_fail_a_command_that_denies_them() {
    let text = output_of(test_as_program("cli::commands::program").env(CHILD, ""));
    assert!(text.contains(r#""/cli-bare""#), "{text}");
}

#[tokio::test]
async fn program() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let app = || App::with_routes(routes![bare]).config(Config::default());
    for (arguments, expected) in [
        (&["program", "openapi"][..], ExitCode::SUCCESS),
        (&["program", "openapi", "--deny-warnings"], ExitCode::from(1)),
        (&["program", "check", "--deny-warnings"], ExitCode::SUCCESS),
    ] {
        let cli = Cli::try_parse_from(arguments).unwrap();
        assert!(!cli.is_serve());
        assert_eq!(cli.run(app()).await, expected, "{arguments:?}");
    }
    assert!(Cli::try_parse_from(["program"]).unwrap().is_serve());
}
