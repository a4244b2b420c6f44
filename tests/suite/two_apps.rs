//! Two apps in one process: what each of them shows.

use std::process::Command;

use http::StatusCode;
use routekit::{
    config::{AdminAddr, Config},
    prelude::*,
    route::Route,
};
use tower::ServiceExt;

use crate::{process::ask, support::free_port, wire};

#[get("/first/{id}")]
async fn first(id: u32) -> String {
    metrics::counter!("shop_shown_total").increment(1);
    id.to_string()
}

#[get("/second/{id}")]
async fn second(id: u32) -> String {
    metrics::counter!("shop_shown_total").increment(1);
    id.to_string()
}

const PROGRAM: &str = "ROUTEKIT_TEST_TWO_APPS";

/// An app with its address and that of its admin surface.
fn app(route: Route) -> (App, String, String) {
    let (addr, admin) = (free_port(), free_port());
    let app = App::with_routes([route]).config(Config::default()).configure(move |config| {
        config.set_addr(addr);
        config.set_admin_addr(AdminAddr::Own(admin));
    });
    (app, addr.to_string(), admin.to_string())
}

fn metrics_at(addr: &str) -> String {
    let text = ask(addr, "GET", "/metrics", "");
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    text
}

async fn listens(addr: &str) {
    while tokio::net::TcpStream::connect(addr).await.is_err() {
        tokio::task::yield_now().await;
    }
}

/// `App::serve` installs the recorder of a process, so it runs in one of its own: this binary, started again.
#[test]
fn program() {
    if std::env::var_os(PROGRAM).is_none() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (one, one_addr, one_admin) = app(first::ROUTE);
        let one = tokio::spawn(one.serve());
        listens(&one_admin).await;
        let (two, two_addr, two_admin) = app(second::ROUTE);
        tokio::spawn(two.serve());
        listens(&two_admin).await;
        for (addr, path) in [(&one_addr, "/first/1"), (&one_addr, "/first/2"), (&two_addr, "/second/1")] {
            assert!(ask(addr, "GET", path, "").starts_with("HTTP/1.1 200"), "{path}");
        }
        let count = |route: &str, number: u32| {
            format!(
                "http_server_request_duration_seconds_count{{http_request_method=\"GET\",http_route=\"{route}/{{id}}\",\
                 http_response_status_code=\"200\"}} {number}\n"
            )
        };
        let (of_one, of_two) = (metrics_at(&one_admin), metrics_at(&two_admin));
        assert!(of_one.contains(&count("/first", 2)) && !of_one.contains("/second"), "{of_one}");
        assert!(of_two.contains(&count("/second", 1)) && !of_two.contains("/first"), "{of_two}");
        assert!(of_one.contains("shop_shown_total 3\n") && !of_two.contains("shop_shown_total"), "{of_two}");

        // The recorder that is installed passes to an app that is built after the first has ended.
        one.abort();
        assert!(one.await.unwrap_err().is_cancelled());
        let (three, three_addr, three_admin) = app(second::ROUTE);
        tokio::spawn(three.serve());
        listens(&three_admin).await;
        ask(&three_addr, "GET", "/second/1", "");
        assert!(metrics_at(&three_admin).contains("shop_shown_total 4\n"));
    });
}

#[test]
fn each_app_shows_its_own_metrics() {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.args(["two_apps::program", "--exact", "--nocapture"]).env(PROGRAM, "").output().unwrap();
    let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(output.status.success() && stderr.matches("listening on").count() == 3, "{stdout}\n{stderr}");
}

#[tokio::test]
async fn apps_on_the_recorder_of_the_program_have_a_label() {
    let theirs = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let router = |route| {
        let app = App::with_routes([route]).config(Config::default());
        metrics::with_local_recorder(&theirs, || app.into_router().unwrap())
    };
    let (one, two) = (router(first::ROUTE), router(first::ROUTE));
    for (app, times) in [(&one, 2), (&two, 1)] {
        for _ in 0..times {
            let response = metrics::with_local_recorder(&theirs, || app.clone().oneshot(wire::get("/first/1")));
            assert_eq!(response.await.unwrap().status(), StatusCode::OK);
        }
    }
    let count = |label: &str, number: u32| {
        format!(
            "http_server_request_duration_seconds_count{{http_request_method=\"GET\",http_route=\"/first/{{id}}\",\
             http_response_status_code=\"200\"{label}}} {number}\n"
        )
    };
    let text = theirs.handle().render();
    assert!(text.contains(&count("", 2)) && text.contains(&count(",app=\"2\"", 1)), "{text}");
}
