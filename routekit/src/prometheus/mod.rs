//! Prometheus rules, made from the routes of an app.
//!
//! 1. [`App::prometheus_rules`](crate::App::prometheus_rules) returns a file of recording rules and alerts, without
//!    starting the app.
//! 2. Recording rules give each route its rate of requests, its share of failed requests, its mean and its 50th, 95th
//!    and 99th percentile of response times, and cached routes their hit ratio.
//! 3. Routes with `slo(…)` have alerts for each objective, when its error budget burns too fast: several windows and
//!    burn rates, as in the [SRE Workbook](https://sre.google/workbook/alerting-on-slos/).
//! 4. The other alerts are those of [`alerts`](crate::alerts), with the same thresholds, for the parts that the app
//!    has. A default threshold does not apply to a route with an objective for the same figure.
//! 5. An alert needs a minimum of traffic, so that one failed request at night does not raise it.
//!
//! See [the guide](crate::guide::monitoring) for each alert and what to do.

mod app_alerts;
mod facts;
mod objectives;
mod promql;
mod recorded;
mod route_alerts;
mod rule_file;
mod rules;
mod runbook;

pub(crate) use self::{
    facts::{MonitoredRoute, MonitoringFacts, app_name},
    promql::{Matchers, slow},
    recorded::failed,
    rules::rules,
};
