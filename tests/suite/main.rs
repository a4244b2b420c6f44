//! Integration tests: one binary, one module for each subject.

// Handlers are left out, as with plain axum, though most of those here await nothing.
#![warn(clippy::unused_async)]
#![allow(clippy::needless_pass_by_value, reason = "handlers take their arguments by value")]
#![allow(clippy::unwrap_used, reason = "all of this is test code, helpers included")]
#![allow(clippy::type_complexity, reason = "a table of rows is clearest with its columns in sight")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

mod access_log;
mod active_requests;
mod admin;
mod alerts;
mod app_settings;
mod architecture;
mod auth;
mod breaker;
mod cache;
mod cache_compression;
mod cache_events;
mod cache_flight;
mod cache_race;
mod cache_rules;
mod cache_stale;
mod cache_stats;
mod cache_store;
mod cache_unsafe;
mod cache_values;
mod caching;
mod cli;
mod clock;
mod compress_stored;
mod concurrency;
mod config;
mod containers;
mod correlation;
mod crud;
mod dependencies;
mod description;
mod discovery;
mod edge;
mod explained_requests;
mod exporter;
mod extractors;
mod fuzz;
mod getting_started;
mod groups;
mod grpc;
mod hand_written;
mod health;
mod idempotency;
mod jwks;
mod jwt;
mod kubernetes;
mod linking;
mod live_page;
mod log_at_run_time;
mod log_filters;
mod logs;
mod members;
mod metrics;
mod monitoring;
mod names;
mod observers;
mod openapi;
mod operators;
mod policies;
mod problems;
mod process;
mod production;
mod proxies;
mod rate_limit;
mod redis;
mod rejected_heads;
mod release;
#[cfg(unix)]
mod restart;
mod retry;
mod routes;
mod secrets;
mod server;
mod shapes;
mod shutdown;
#[cfg(target_os = "linux")]
mod slow_clients;
mod state;
mod statistics;
mod stores;
mod support;
mod system;
mod telemetry;
mod test_kit;
mod tiered;
mod tls;
mod traces;
mod two_apps;
mod ui;
mod validate_memory;
mod validate_rules;
mod validation;
mod verifiers;
mod warm_up;
mod websockets;
mod wire;
