//! Sends requests to the whole stack: `overhead-stack CASE REQUESTS`.

#![allow(clippy::unwrap_used, reason = "a bench")]

mod cases;
mod payloads;
mod under;

use metrics_exporter_prometheus::PrometheusBuilder;

fn main() {
    // The recorder that an app makes, without the thread that folds its samples: that thread runs by the clock.
    metrics::set_global_recorder(PrometheusBuilder::new().set_buckets(&[0.1, 1.0]).unwrap().build_recorder()).unwrap();
    cases::run(under::routekit());
}
