//! Heads that the server rejects are requests without a route, for metrics and the access log.

use std::sync::{Arc, Mutex};

use http::Method;
use routekit::{
    access_log::AccessLogMode,
    config::AdminAddr,
    observe::{Finished, Observer},
    prelude::*,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    logs,
    support::until,
    wire::{self, Running},
};

#[get("/r")]
async fn handler() -> &'static str {
    "here"
}

type Reports = Arc<Mutex<Vec<(String, Option<u16>)>>>;

/// The requests without a route, by method and status.
struct Reporting(Reports);

impl Observer for Reporting {
    fn started(&self, _: &Method) {
        panic!("no route is reached");
    }

    fn finished(&self, request: &Finished<'_>) {
        assert_eq!((request.route, request.failure), (None, None));
        let status = request.status.map(|status| status.as_u16());
        self.0.lock().unwrap().push((request.method.to_string(), status));
    }
}

/// The whole answer to these bytes.
async fn answer(app: &Running, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(app.addr).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn head(target: &str, rest: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nhost: localhost\r\n{rest}\r\n")
}

#[tokio::test]
async fn rejected_head_is_reported_once_with_the_status_that_was_sent() {
    let reports = Reports::default();
    let observer = Reporting(Arc::clone(&reports));
    let app = App::with_routes(routes![handler])
        .observer(observer)
        .configure(|config| config.set_server_max_head_bytes(128 * 1024));
    let app = wire::run(app).await;
    let rows: [(&str, String, u16, &str); 10] = [
        ("no HTTP", "hello there\r\n\r\n".into(), 400, "hello"),
        ("a handshake of TLS", "\x16\x03\x01\x02\r\n\r\n".into(), 400, "_OTHER"),
        ("no host", "PUT /r HTTP/1.1\r\n\r\n".into(), 400, "PUT"),
        ("two hosts", head("/r", "host: other\r\n"), 400, "GET"),
        ("a header without a colon", head("/r", "wrong\r\n"), 400, "GET"),
        ("a target that is no URI", head("/r\u{7f}", ""), 400, "GET"),
        ("a version that does not exist", "GET /r HTTP/7.1\r\nhost: a\r\n\r\n".into(), 400, "GET"),
        ("a target that is too long", head(&format!("/{}", "a".repeat(70_000)), ""), 414, "GET"),
        ("a head that is too large", head("/r", &format!("x: {}\r\n", "a".repeat(200_000))), 431, "GET"),
        ("too many headers", head("/r", &"x: y\r\n".repeat(200)), 431, "GET"),
    ];
    for (name, bytes, status, method) in rows {
        let answer = answer(&app, bytes.as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{name}: {answer}");
        until(name, || !reports.lock().unwrap().is_empty()).await;
        assert_eq!(std::mem::take(&mut *reports.lock().unwrap()), [(method.to_owned(), Some(status))], "{name}");
    }
}

#[tokio::test]
async fn head_that_is_rejected_after_other_requests_is_in_metrics() {
    let in_main = |config: &mut routekit::config::Config| config.set_admin_addr(AdminAddr::Main);
    let app = wire::run(App::with_routes(routes![handler]).configure(in_main)).await;
    let answer = answer(&app, format!("{}rubbish\r\n\r\n", head("/r", "").repeat(2)).as_bytes()).await;
    assert_eq!((answer.matches("HTTP/1.1 200 ").count(), answer.matches("HTTP/1.1 400 ").count()), (2, 1), "{answer}");
    let rejected = concat!(
        "http_server_request_duration_seconds_count",
        r#"{http_request_method="_OTHER",http_response_status_code="400"} 1"#
    );
    let metrics = app.http1(wire::get("/metrics")).await.1;
    assert!(metrics.lines().any(|line| line == rejected), "{metrics}");
    assert!(!metrics.lines().any(|line| line.starts_with("http_server_active_requests{http_request_method=\"_OTHER")));
}

#[tokio::test]
async fn http2_request_with_another_host_is_reported() {
    let reports = Reports::default();
    let app = wire::run(App::with_routes(routes![handler]).observer(Reporting(Arc::clone(&reports)))).await;
    let request = http::Request::get("http://shop.example/r").header("host", "bank.example");
    let request = request.body(axum::body::Body::empty()).unwrap();
    assert_eq!(app.http2_connection().await.send_request(request).await.unwrap().status(), 400);
    assert_eq!(*reports.lock().unwrap(), [("GET".to_owned(), Some(400))]);
}

#[test]
fn rejected_head_is_in_the_access_log_of_all_requests_only() {
    for (mode, expected) in [(AccessLogMode::All, 1), (AccessLogMode::Errors, 0)] {
        let ((), lines) = logs::caught(async {
            let app = App::with_routes(routes![handler]).configure(move |config| config.set_access_log(mode));
            let app = wire::run(app).await;
            answer(&app, b"hello there\r\n\r\n").await;
        });
        let lines: Vec<_> = lines.into_iter().filter(|line| line.of == "routekit::access").collect();
        assert_eq!(lines.len(), expected, "{mode}: {lines:?}");
        for line in lines {
            assert!(line.fields.iter().any(|field| field == "http.response.status_code=400"), "{line:?}");
        }
    }
}
