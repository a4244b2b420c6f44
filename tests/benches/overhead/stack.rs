//! Asks the whole stack: `overhead-stack CASE REQUESTS`.

#![allow(clippy::unwrap_used, reason = "a bench")]

mod cases;
mod under;

use metrics_exporter_prometheus::PrometheusBuilder;

fn main() {
    // The recorder that an app would make, but without the thread that folds its samples: when that runs is chance.
    metrics::set_global_recorder(PrometheusBuilder::new().set_buckets(&[0.1, 1.0]).unwrap().build_recorder()).unwrap();
    cases::run(under::routekit());
}
