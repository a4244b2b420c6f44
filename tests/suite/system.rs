//! The metrics of the process and of its tokio runtime.

use metrics_exporter_prometheus::PrometheusBuilder;
use routekit::{
    ManualClock,
    config::{AdminAddr, Config},
    prelude::*,
    test::TestApp,
};

use crate::{support::SECOND, wire};

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
    let used = std::fs::read_to_string("/proc/self/stat").unwrap();
    // Fields 14 and 15, in hundredths of a second; the second field may hold spaces.
    let ticks = used.rsplit(')').next().unwrap().split_whitespace().skip(11).take(2);
    let seconds: f64 = ticks.map(|ticks| ticks.parse::<f64>().unwrap() / 100.0).sum();
    assert!((seconds.floor() - 1.0..=seconds).contains(&figure("process_cpu_seconds_total")), "{seconds}");
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

#[tokio::test]
async fn served_app_measures_its_scheduling_delay() {
    let clock = ManualClock::new();
    let app = app().clock(clock.clock()).configure(|config| config.set_admin_addr(AdminAddr::Main));
    let running = wire::run(app).await;
    for _ in 0..1_000 {
        clock.advance(SECOND);
        let (_, text) = running.http1(wire::get("/metrics")).await;
        if let Some(delay) = value(&text, "tokio_scheduling_delay_seconds") {
            let max = value(&text, "tokio_scheduling_delay_max_seconds").unwrap();
            assert!((0.0..=max).contains(&delay), "{delay} {max}");
            assert!((0.0..=1.0).contains(&value(&text, "tokio_busy_ratio").unwrap()), "{text}");
            return;
        }
    }
    panic!("no beat has arrived");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn json_has_the_figures_of_machine_process_and_runtime() {
    let clock = ManualClock::new();
    let app = TestApp::new(app().clock(clock.clock()));
    clock.advance(2 * SECOND);
    let json: serde_json::Value = app.admin().get("/metrics").header("accept", "application/json").send().await.json();
    let system = &json["system"];
    assert_eq!(system["timestamp"], "2030-01-01T00:00:02.000Z");
    let figure = |pointer: &str| system.pointer(pointer).and_then(serde_json::Value::as_f64).expect(pointer);
    assert!((0.0..=100.0).contains(&figure("/cpu/usage")), "{system}");
    assert!(system["cpu"]["loadAverage"].as_array().is_some_and(|load| load.len() == 3), "{system}");
    assert!((1.0..figure("/memory/total")).contains(&figure("/memory/used")), "{system}");
    assert!((1.0..figure("/memory/total")).contains(&figure("/memory/free")), "{system}");
    assert_eq!(figure("/runtime/workers"), 1.0);
    assert!(system["allocator"].is_null() && system["memory"]["heapUsed"].is_null(), "{system}");
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
