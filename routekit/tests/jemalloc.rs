//! The figures of jemalloc, in a program whose global allocator it is.

use std::hint::black_box;

use routekit::{config::Config, prelude::*, test::TestApp};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[get("/page")]
async fn page() {}

#[tokio::test]
async fn heap_of_the_process_is_that_of_jemalloc() {
    const SIZE: u32 = 256 << 20;
    let app = TestApp::new(App::with_routes(routes![page]).config(Config::default()));
    let heap = async || {
        let text = app.admin().get("/metrics").send().await.text().to_owned();
        let heap = text.lines().find_map(|line| line.strip_prefix("process_heap_bytes "));
        heap.expect(&text).parse::<f64>().unwrap()
    };
    let before = heap().await;
    let kept = black_box(Vec::<u8>::with_capacity(SIZE as usize));
    let with = heap().await - before;
    drop(kept);
    let after = heap().await - before;
    let accepts_json = app.admin().get("/metrics").header("accept", "application/json");
    let json: serde_json::Value = accepts_json.send().await.json();
    let (memory, allocator) = (&json["system"]["memory"], &json["system"]["allocator"]);
    let [used, total, active] = [&memory["heapUsed"], &memory["heapTotal"], &allocator["activeBytes"]]
        .map(|figure| figure.as_u64().unwrap_or_else(|| panic!("{json}")));
    assert!(0 < used && used <= active && active <= total, "{memory} {allocator}");
    assert!(allocator["allocatedBytes"].is_null(), "{allocator}");
    let (size, margin) = (f64::from(SIZE), 16e6);
    assert!(before > 0.0 && (with - size).abs() < margin && after.abs() < margin, "{before} {with} {after}");
}
