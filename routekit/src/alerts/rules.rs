//! The rules: which figures are above their thresholds, and by how much.

use std::time::Duration;

use super::{
    alert::{AlertKind, Severity},
    figures::{AlertFigures, BreakerReading, BreakerReadingState, RouteReading, SystemReading},
    growth::MemoryGrowth,
    settings::AlertSettings,
};

/// An active alert lasts until its value falls below this share of the threshold.
const LOWER: f64 = 0.8;

/// A figure that is not calm.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) id: String,
    pub(super) kind: AlertKind,
    pub(super) route: Option<String>,
    pub(super) level: Level,
    pub(super) value: f64,
    pub(super) threshold: f64,
    pub(super) message: String,
}

/// How a figure compares with its threshold. One that is below the lower threshold has no finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// Keeps an active alert active, and raises none.
    Hovering,
    /// Above the threshold.
    Above(Severity),
}

/// All findings of a tick.
pub(super) fn findings(figures: &AlertFigures, settings: &AlertSettings, growth: &MemoryGrowth) -> Vec<Finding> {
    let mut found = Vec::new();
    for route in &figures.routes {
        found.extend(slow(route, settings.min_samples));
        found.extend(slow_p99(route, settings.min_samples));
        found.extend(errors(route, settings.min_samples));
    }
    found.extend(cpu(&figures.system, settings));
    found.extend(memory(&figures.system, settings));
    found.extend(memory_growth(settings, growth));
    found.extend(lag(&figures.system, settings));
    found.extend(figures.breakers.iter().map(breaker));
    found.extend(figures.stores_down.iter().map(|store| store_down(store)));
    found
}

fn compare(value: f64, threshold: f64, critical: f64) -> Option<Level> {
    if value > critical {
        Some(Level::Above(Severity::Critical))
    } else if value > threshold {
        Some(Level::Above(Severity::High))
    } else {
        (value > threshold * LOWER).then_some(Level::Hovering)
    }
}

/// The same for a route, whose alerts are raised by enough requests only.
fn compare_route(route: &RouteReading, min: u64, value: f64, threshold: f64, critical: f64) -> Option<Level> {
    let level = compare(value, threshold, critical).filter(|_| route.requests > 0)?;
    Some(if route.requests < min { Level::Hovering } else { level })
}

fn slow(route: &RouteReading, min: u64) -> Option<Finding> {
    let (value, threshold) = (milliseconds(route.mean), milliseconds(route.thresholds.mean?));
    let level = compare_route(route, min, value, threshold, threshold * 2.0)?;
    let message = format!("Route {} has average response time of {value:.2}ms", route.key);
    Some(of_route(route, "slow", AlertKind::SlowRoute, (level, value, threshold), message))
}

fn slow_p99(route: &RouteReading, min: u64) -> Option<Finding> {
    let (value, threshold) = (milliseconds(route.p99), milliseconds(route.thresholds.p99?));
    let level = compare_route(route, min, value, threshold, threshold * 2.0)?;
    let message = format!("Route {} has p99 response time of {value:.2}ms", route.key);
    Some(of_route(route, "p99", AlertKind::SlowRoute, (level, value, threshold), message))
}

#[expect(clippy::cast_precision_loss, reason = "a window has less than 2^53 requests")]
fn errors(route: &RouteReading, min: u64) -> Option<Finding> {
    let threshold = route.thresholds.error_rate?;
    let value = route.failures as f64 / route.requests.max(1) as f64;
    // Twice a high threshold would never be reached.
    let critical = (threshold * 2.0).min(f64::midpoint(threshold, 1.0));
    let level = compare_route(route, min, value, threshold, critical)?;
    let message = format!("Route {} has error rate of {:.2}%", route.key, value * 100.0);
    Some(of_route(route, "errors", AlertKind::HighErrorRate, (level, value, threshold), message))
}

fn of_route(
    route: &RouteReading,
    rule: &str,
    kind: AlertKind,
    (level, value, threshold): (Level, f64, f64),
    message: String,
) -> Finding {
    let (id, route) = (format!("route-{}-{rule}", route.key), Some(route.key.clone()));
    Finding { id, kind, route, level, value, threshold, message }
}

fn cpu(system: &SystemReading, settings: &AlertSettings) -> Option<Finding> {
    let (value, threshold) = (system.cpu_percent?, f64::from(settings.cpu_percent?));
    let level = compare(value, threshold, f64::midpoint(threshold, 100.0))?;
    let message = format!("High CPU usage: {value:.2}%");
    Some(of_system("system-cpu", AlertKind::HighCpu, (level, value, threshold), message))
}

#[expect(clippy::cast_precision_loss, reason = "a memory has less than 2^53 bytes")]
fn memory(system: &SystemReading, settings: &AlertSettings) -> Option<Finding> {
    let limit = system.memory_limit.filter(|limit| *limit > 0)?;
    let (value, threshold) = (system.rss? as f64 / limit as f64 * 100.0, f64::from(settings.memory_percent?));
    let level = compare(value, threshold, f64::midpoint(threshold, 100.0))?;
    let message = format!("High memory usage: {value:.2}%");
    Some(of_system("system-memory", AlertKind::MemoryLeak, (level, value, threshold), message))
}

#[expect(clippy::cast_precision_loss, reason = "a memory has less than 2^53 bytes")]
fn memory_growth(settings: &AlertSettings, growth: &MemoryGrowth) -> Option<Finding> {
    let (gained, threshold) = (growth.sustained()?, settings.memory_growth?);
    let level = compare(gained as f64, threshold as f64, f64::INFINITY)?;
    let message = format!("Memory usage has grown by {} MiB and has not fallen back", gained >> 20);
    let numbers = (level, gained as f64, threshold as f64);
    Some(of_system("system-memory-growth", AlertKind::MemoryLeak, numbers, message))
}

fn lag(system: &SystemReading, settings: &AlertSettings) -> Option<Finding> {
    let (value, threshold) = (milliseconds(system.scheduling_delay?), milliseconds(settings.scheduling_delay?));
    let level = compare(value, threshold, threshold * 2.0)?;
    let message = format!("High event loop delay: {value:.2}ms");
    Some(of_system("system-eventloop", AlertKind::EventLoopLag, (level, value, threshold), message))
}

fn of_system(id: &str, kind: AlertKind, (level, value, threshold): (Level, f64, f64), message: String) -> Finding {
    Finding { id: id.to_owned(), kind, route: None, level, value, threshold, message }
}

fn breaker(breaker: &BreakerReading) -> Finding {
    let level = match breaker.state {
        BreakerReadingState::Open => Level::Above(Severity::High),
        BreakerReadingState::HalfOpen => Level::Hovering,
    };
    let (id, message) = (format!("breaker-{}", breaker.name), format!("Circuit breaker {} is open", breaker.name));
    Finding { id, kind: AlertKind::BreakerOpen, route: None, level, value: 1.0, threshold: 0.0, message }
}

fn store_down(store: &str) -> Finding {
    let message = format!("The store of the {store} cannot be reached");
    let (id, level) = (format!("{store}-store"), Level::Above(Severity::High));
    Finding { id, kind: AlertKind::CacheStoreDown, route: None, level, value: 1.0, threshold: 0.0, message }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
