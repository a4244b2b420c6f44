//! The metrics of the process and of its tokio runtime.

use metrics_exporter_prometheus::PrometheusBuilder;
use routekit::{config::Config, prelude::*, test::TestApp};

#[get("/system-tests/page")]
async fn page() -> &'static str {
    "page"
}

fn app() -> App {
    App::with_routes(routes![page]).config(Config::default())
}

/// The value of the series with exactly this name and these labels.
fn value(text: &str, series: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn metrics_have_the_figures_of_the_process() {
    let text = TestApp::new(app()).admin().get("/metrics").send().await.text().to_owned();
    let figure = |series| value(&text, series).unwrap_or_else(|| panic!("no {series} in {text}"));
    assert!(figure("process_resident_memory_bytes") > 1e6);
    assert!(figure("process_virtual_memory_bytes") > figure("process_resident_memory_bytes"));
    assert!(figure("process_threads") >= 1.0);
    assert!((1.0..=figure("process_max_fds")).contains(&figure("process_open_fds")));
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
    let started = figure("process_start_time_seconds");
    assert!((now - 3_600.0..=now + 1.0).contains(&started), "{started} at {now}");
    assert!(figure("process_cpu_seconds_total") <= (now - started + 1.0) * 1_024.0);
    assert!(text.contains("# TYPE process_cpu_seconds_total counter\n"), "{text}");
    assert!(text.contains("# TYPE process_open_fds gauge\n"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn metrics_have_the_figures_of_the_runtime() {
    let text = TestApp::new(app()).admin().get("/metrics").send().await.text().to_owned();
    assert_eq!(value(&text, "tokio_workers"), Some(3.0), "{text}");
    assert_eq!(value(&text, "tokio_global_queue_depth"), Some(0.0), "{text}");
    assert!(value(&text, "tokio_alive_tasks").is_some(), "{text}");
}

/// The allocator of this program does not count, though the features are on.
#[tokio::test]
async fn metrics_have_no_figures_of_an_allocator_that_does_not_count() {
    let app = TestApp::new(app());
    app.get("/system-tests/page").send().await;
    let text = app.admin().get("/metrics").send().await.text().to_owned();
    assert!(!text.contains("process_heap_bytes") && !text.contains("routekit_handler_alloc"), "{text}");
}

/// They belong to the process: a second series with `app="2"` would be counted twice in a sum.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn process_has_one_series_on_the_recorder_of_the_program() {
    let theirs = PrometheusBuilder::new().build_recorder();
    let routers = metrics::with_local_recorder(&theirs, || [(); 2].map(|()| app().into_router().unwrap()));
    let text = theirs.handle().render();
    let series = |name: &str| {
        let mut lines: Vec<_> = text.lines().filter(|line| line.starts_with(name)).collect();
        lines.sort_unstable();
        lines
    };
    for name in ["process_cpu_seconds_total", "process_resident_memory_bytes", "process_threads"] {
        let found = series(name);
        assert!(found.len() == 1 && found[0].starts_with(&format!("{name} ")), "{found:?}");
    }
    assert_eq!(series("tokio_workers"), ["tokio_workers 1", "tokio_workers{app=\"2\"} 1"]);
    drop(routers);
}
