//! The access log: one event for a finished request, and none where it is off.

use futures_util::FutureExt;
use routekit::{access_log::AccessLogMode, prelude::*, test::TestApp};
use tower::ServiceExt;

use crate::logs::{self, Line};

#[get("/l/{what}")]
async fn answer(what: String) -> Result<&'static str> {
    match what.as_str() {
        "broken" => Err(Problem::internal("the disk is full")),
        "lost" => Err(Problem::not_found("no such thing")),
        "panic" => panic!("as it should"),
        "forever" => std::future::pending().await,
        _ => Ok("fine"),
    }
}

/// The access events of these requests.
fn events(mode: AccessLogMode, paths: &'static [&'static str]) -> Vec<Line> {
    let ((), lines) = logs::caught(async {
        let app = App::with_routes(routes![answer]).configure(move |config| config.set_access_log(mode));
        let app = TestApp::new(app);
        for path in paths {
            let request = app.get(path).header("x-correlation-id", "abc").header("authorization", "Bearer hidden");
            if path.ends_with("forever") {
                assert!(request.send().now_or_never().is_none());
            } else {
                request.send().await;
            }
        }
    });
    lines.into_iter().filter(|line| line.of == "routekit::access").collect()
}

const PATHS: &[&str] = &["/l/well?secret=1", "/l/lost", "/l/broken", "/l/panic", "/l/forever", "/nothing"];

#[test]
fn access_mode_selects_which_requests_are_logged() {
    let rows = [
        (AccessLogMode::All, vec!["200", "404", "500", "500 panic", "cancelled", "404"]),
        (AccessLogMode::Errors, vec!["500", "500 panic", "cancelled"]),
        (AccessLogMode::Off, vec![]),
    ];
    for (mode, expected) in rows {
        let seen: Vec<String> = events(mode, PATHS)
            .iter()
            .map(|line| {
                let field = |name: &str| {
                    line.fields.iter().find_map(|field| field.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
                };
                let status = field("http.response.status_code");
                let error = field("error.type").map(|error| error.trim_matches('"').to_owned());
                let parts = [status.clone(), error.filter(|error| Some(error) != status.as_ref())];
                parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
            })
            .collect();
        assert_eq!(seen, expected, "{mode}");
    }
}

#[get("/l/cached", cache(ttl = 60))]
async fn cached() -> &'static str {
    "cached"
}

#[test]
fn only_if_cached_miss_is_no_failure_in_the_log_and_in_metrics() {
    let (metrics, lines) = logs::caught(async {
        let app = App::with_routes(routes![cached]).configure(|config| config.set_access_log(AccessLogMode::Errors));
        let app = TestApp::new(app);
        let response = app.get("/l/cached").header("cache-control", "only-if-cached").send().await;
        assert_eq!(response.status(), 504);
        app.metrics()
    });
    let logged: Vec<&Line> = lines.iter().filter(|line| line.of == "routekit::access").collect();
    assert!(logged.is_empty(), "{logged:?}");
    let count = metrics
        .lines()
        .find(|line| line.starts_with("http_server_request_duration_seconds_count") && line.contains(r#""504""#));
    assert!(count.is_some_and(|count| !count.contains("error_type") && count.ends_with(" 1")), "{count:?}");
}

#[test]
fn access_event_has_route_status_and_duration() {
    let events = events(AccessLogMode::All, &["/l/well?secret=1", "/nothing/secret"]);
    let fields = &events[0].fields;
    for field in [
        "http.request.method=\"GET\"",
        "http.route=\"/l/{what}\"",
        "http.response.status_code=200",
        "http.request.body.size=0",
        "http.response.body.size=4",
        "correlation_id=\"abc\"",
    ] {
        assert!(fields.iter().any(|found| found == field), "{field} in {fields:?}");
    }
    assert!(fields.iter().any(|field| field.starts_with("duration_ms=")), "{fields:?}");
    assert!(!events[1].fields.iter().any(|field| field.starts_with("http.route")), "{:?}", events[1]);
    for event in &events {
        let text = event.fields.concat();
        assert!(!text.contains("secret") && !text.contains("hidden"), "{text}");
    }
}

#[test]
fn access_event_has_the_trace_and_the_cause() {
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let ((), lines) = logs::caught(async {
        let app = TestApp::new(App::with_routes(routes![answer]));
        let request = app.get("/l/broken").header("traceparent", &format!("00-{trace}-00f067aa0ba902b7-01"));
        assert_eq!(request.send().await.status(), 500);
    });
    let events: Vec<&Line> = lines.iter().filter(|line| !["span", "record"].contains(&&*line.of)).collect();
    let [event] = events[..] else { panic!("{events:?}") };
    assert_eq!(event.of, "routekit::access");
    for field in [&format!("trace_id=\"{trace}\""), "error=the disk is full", "message=request failed"] {
        assert!(event.fields.iter().any(|found| found == field), "{field} in {event:?}");
    }
}

/// On a plain router, nothing else logs the cause.
#[test]
fn cause_is_logged_without_an_app() {
    let ((), lines) = logs::caught(async {
        let cause = || async { Problem::internal("the disk is full") };
        let router: axum::Router = axum::Router::new().route("/", axum::routing::get(cause));
        assert_eq!(router.oneshot(crate::wire::get("/")).await.unwrap().status(), 500);
    });
    let [event] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!(event.of, "routekit");
    assert!(event.fields.contains(&"error=the disk is full".to_owned()), "{event:?}");
}

#[test]
fn access_event_escapes_line_breaks_of_clients() {
    #[get("/l/cause/{text}")]
    async fn cause(text: String) -> Result<()> {
        Err(Problem::internal(text))
    }
    let ((), lines) = logs::caught(async {
        let app = TestApp::new(App::with_routes(routes![cause]));
        assert_eq!(app.get("/l/cause/a%0aINFO%20forged%1b").send().await.status(), 500);
        let method = http::Method::from_bytes(&[b'M'; 1000]).unwrap();
        assert_eq!(app.request(method, "/l/cause/x").send().await.status(), 405);
    });
    let fields: Vec<&String> = lines.iter().flat_map(|line| &line.fields).collect();
    assert!(fields.iter().any(|field| *field == "error=a\\nINFO forged\\u{1b}"), "{fields:?}");
    assert!(fields.iter().any(|field| *field == "http.request.method=\"_OTHER\""), "{fields:?}");
    assert!(!fields.iter().any(|field| field.contains("MMMM")), "{fields:?}");
}

#[test]
fn request_span_names_the_route() {
    let ((), lines) = logs::caught(async {
        let app = TestApp::new(App::with_routes(routes![answer]));
        assert_eq!(app.get("/l/well").send().await.status(), 200);
    });
    let later: Vec<&String> = lines.iter().filter(|line| line.of == "record").flat_map(|line| &line.fields).collect();
    assert!(later.iter().any(|field| *field == "http.route=\"/l/{what}\""), "{lines:?}");
}
