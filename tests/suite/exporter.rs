//! What programs record through the facade, in `/metrics`.

use std::{collections::HashSet, io::Read};

use metrics::{counter, gauge, histogram, with_local_recorder};
use routekit::{metrics::Exporter, prelude::*, test::TestApp};

use crate::process::promtool_accepts;

/// The text after `record` has recorded.
fn after(record: impl FnOnce()) -> String {
    let exporter = Exporter::new();
    with_local_recorder(&exporter.recorder(), record);
    exporter.render()
}

/// The value of a series.
fn value_of<'a>(text: &'a str, series: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))
}

#[test]
fn nothing_that_a_handler_records_breaks_the_output() {
    let values = ["a\\b", "a\\\\b", "\\", "\\\\", "a\"b", "a\nb", "a\\nb", "\\\"", "{a=\"b\"} 1", ""];
    let text = after(|| {
        for value in values {
            counter!("jobs_total", "queue" => value).increment(1);
        }
        histogram!("jobs_seconds", "le" => "5").record(1.0);
        histogram!("jobs_seconds").record(1.0);
        histogram!("jobs_seconds").record(f64::NAN);
        histogram!("jobs_seconds").record(f64::INFINITY);
        counter!("jobs_seconds_count").increment(1);
        gauge!("jobs_total").set(1.0);
        gauge!("depth", "__name__" => "up").set(1.0);
        gauge!("depth", "" => "a").set(1.0);
        gauge!("depth", "a.b" => "1", "a_b" => "2").set(1.0);
        gauge!("depth", "a.b" => "1").set(f64::INFINITY);
        gauge!("depth.of").set(f64::NAN);
        gauge!("depth_of").set(2.0);
        counter!("both_total", "a" => "1", "b" => "2").increment(1);
        counter!("both_total", "b" => "2", "a" => "1").increment(1);
        counter!("").increment(1);
        // Of the app itself, without a request so far.
        gauge!("http_server_request_duration_seconds").set(1.0);
        counter!("http_server_response_body_size_bytes_count").increment(1);
        gauge!("routekit_metrics_refused_total").set(1.0);
    });
    // `promtool` complains of the names here, which `promtool_accepts` does not allow; it must read them.
    assert!(text.contains("jobs_total"));
    let series: Vec<&str> = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    let distinct: HashSet<&str> =
        series.iter().filter_map(|line| line.rsplit_once(' ')).map(|(name, _)| name).collect();
    assert_eq!(distinct.len(), series.len(), "{text}");
    let queues = distinct.iter().filter(|series| series.starts_with("jobs_total{")).count();
    assert_eq!(queues, values.len(), "each value is a series of its own: {text}");
    assert_eq!(value_of(&text, "both_total{a=\"1\",b=\"2\"}"), Some("2"));
    assert_eq!(value_of(&text, "jobs_seconds_sum"), Some("1"));
    assert_eq!(value_of(&text, "jobs_seconds_count"), Some("1"));
    assert_eq!(value_of(&text, "depth{a_b=\"1\"}"), Some("inf"));
    assert_eq!(value_of(&text, "routekit_metrics_refused_total"), Some("11"));
}

#[test]
fn values_are_read_back_as_they_were() {
    for (value, written) in [
        ("a\\b", r"a\\b"),
        ("a\\\\b", r"a\\\\b"),
        ("\\", r"\\"),
        ("a\"b", r#"a\"b"#),
        ("a\nb", r"a\nb"),
        ("a\\nb", r"a\\nb"),
    ] {
        let text = after(|| {
            counter!("jobs_total", "queue" => value).increment(1);
            histogram!("jobs_seconds", "queue" => value).record(1.0);
        });
        assert_eq!(value_of(&text, &format!("jobs_total{{queue=\"{written}\"}}")), Some("1"), "{text}");
        assert_eq!(value_of(&text, &format!("jobs_seconds_count{{queue=\"{written}\"}}")), Some("1"), "{text}");
    }
}

#[get("/ex/hello")]
async fn hello() {}

#[tokio::test]
async fn format_and_coding_are_negotiated() {
    let app = TestApp::new(App::with_routes(routes![hello]));
    app.get("/ex/hello").send().await;
    let text = app.admin().get("/metrics").send().await;
    assert_eq!(text.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    promtool_accepts(text.text());

    let open = app.admin().get("/metrics").header("accept", "application/openmetrics-text;version=1.0.0").send().await;
    assert_eq!(open.headers()["content-type"], "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let open = open.text();
    assert!(open.ends_with("# EOF\n") && !open.contains("\n\n"), "{open}");
    assert!(open.contains("# TYPE http_server_slow_requests counter\nhttp_server_slow_requests_total{"), "{open}");

    let packed = app.admin().get("/metrics").header("accept-encoding", "gzip;q=0.5").send().await;
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    let mut unpacked = String::new();
    flate2::read::GzDecoder::new(&packed.bytes()[..]).read_to_string(&mut unpacked).unwrap();
    assert_eq!(unpacked.lines().count(), text.text().lines().count());
    let plain = app.admin().get("/metrics").header("accept-encoding", "gzip;q=0, br").send().await;
    assert_eq!(plain.headers().get("content-encoding"), None);
}
