//! The life of alerts on moved time.

use std::time::{Duration, SystemTime};

use super::{
    alert::{AlertChange, AlertEvent, Severity},
    engine::{AlertEngine, TickTime},
    figures::{AlertFigures, BreakerReading, BreakerReadingState, RouteReading, RouteThresholds, SystemReading},
};
use crate::base::clock::ManualClock;

const TICK: Duration = Duration::from_secs(30);
const MINUTE: Duration = Duration::from_secs(60);

/// An engine on a clock that each tick moves.
struct Ticks {
    engine: AlertEngine,
    clock: ManualClock,
}

impl Ticks {
    fn new() -> Self {
        Self { engine: AlertEngine::default(), clock: ManualClock::new() }
    }

    fn now(&self) -> TickTime {
        TickTime { at: self.clock.now(), unix: self.clock.unix_time() }
    }

    fn tick(&mut self, figures: &AlertFigures) -> Vec<AlertChange> {
        self.clock.advance(TICK);
        self.engine.evaluate(self.now(), figures)
    }

    /// The events of a number of ticks with the same figures, as `raised system-cpu`.
    fn ticks(&mut self, count: u32, figures: &AlertFigures) -> Vec<String> {
        (0..count).flat_map(|_| named(&self.tick(figures))).collect()
    }
}

fn named(changes: &[AlertChange]) -> Vec<String> {
    changes.iter().map(|change| format!("{} {}", change.event, change.alert.id)).collect()
}

fn cpu(percent: f64) -> AlertFigures {
    let system = SystemReading { cpu_percent: Some(percent), ..SystemReading::default() };
    AlertFigures { system, ..AlertFigures::default() }
}

fn memory(used: u64, limit: u64) -> AlertFigures {
    let system = SystemReading { rss: Some(used), memory_limit: Some(limit), ..SystemReading::default() };
    AlertFigures { system, ..AlertFigures::default() }
}

fn route(requests: u64, failures: u64, mean_ms: u64) -> AlertFigures {
    let thresholds = RouteThresholds { error_rate: Some(0.05), mean: Some(Duration::from_secs(1)), p99: None };
    let (key, mean) = ("GET:/a/{id}:default".to_owned(), Duration::from_millis(mean_ms));
    let route = RouteReading { key, requests, failures, mean, p99: mean * 2, thresholds };
    AlertFigures { routes: vec![route], ..AlertFigures::default() }
}

fn breaker(state: BreakerReadingState) -> AlertFigures {
    AlertFigures { breakers: vec![BreakerReading { name: "bank".to_owned(), state }], ..AlertFigures::default() }
}

#[test]
fn alert_is_raised_once_stays_while_the_figure_hovers_reminds_once_and_resolves_once() {
    let mut ticks = Ticks::new();
    assert!(named(&ticks.tick(&cpu(85.0))).is_empty(), "one tick may be a coincidence");
    let raised = ticks.tick(&cpu(85.0));
    assert_eq!(named(&raised), ["raised system-cpu"]);
    assert_eq!(raised[0].alert.message, "High CPU usage: 85.00%");
    assert_eq!(raised[0].alert.timestamp, SystemTime::UNIX_EPOCH + ticks.clock.unix_time());

    // Around the threshold of 80 and above the lower one of 64, for just less than an hour.
    let hovering: Vec<String> =
        (0..119).flat_map(|tick| named(&ticks.tick(&cpu(if tick % 2 == 0 { 70.0 } else { 82.0 })))).collect();
    assert!(hovering.is_empty(), "{hovering:?}");
    assert_eq!(ticks.ticks(10, &cpu(70.0)), ["reminded system-cpu"]);
    let active: Vec<_> = ticks.engine.active().cloned().collect();
    assert_eq!((active[0].reminders, active[0].value), (1, 70.0), "the last value");

    assert!(ticks.ticks(3, &cpu(60.0)).is_empty());
    assert!(ticks.ticks(1, &cpu(65.0)).is_empty(), "not calm yet");
    assert!(ticks.ticks(3, &cpu(60.0)).is_empty());
    let resolved = ticks.tick(&cpu(60.0));
    assert_eq!(named(&resolved), ["resolved system-cpu"]);
    assert_eq!(resolved[0].alert.resolved, Some(SystemTime::UNIX_EPOCH + ticks.clock.unix_time()));
    assert!(ticks.ticks(300, &cpu(60.0)).is_empty());
    assert_eq!(ticks.engine.active().count(), 0);
    assert_eq!(ticks.engine.history().cloned().collect::<Vec<_>>(), [resolved[0].alert.clone()]);
}

#[test]
fn snoozed_alert_reminds_after_its_snooze() {
    let mut ticks = Ticks::new();
    assert_eq!(ticks.ticks(2, &cpu(85.0)), ["raised system-cpu"]);
    let (before, after) = ticks.engine.snooze(ticks.now(), "system-cpu", Some(150 * MINUTE)).unwrap();
    assert_eq!(before.snoozed_until, None);
    assert_eq!(after.snoozed_until, Some(SystemTime::UNIX_EPOCH + ticks.clock.unix_time() + 150 * MINUTE));
    assert!(ticks.ticks(299, &cpu(85.0)).is_empty(), "two and a half hours without a reminder");
    assert_eq!(ticks.ticks(1, &cpu(85.0)), ["reminded system-cpu"]);
    assert_eq!(ticks.engine.active().next().unwrap().snoozed_until, None);
    assert!(ticks.ticks(119, &cpu(85.0)).is_empty());
    assert_eq!(ticks.ticks(1, &cpu(85.0)), ["reminded system-cpu"], "an hour after the last one");

    ticks.engine.snooze(ticks.now(), "system-cpu", Some(600 * MINUTE)).unwrap();
    ticks.engine.snooze(ticks.now(), "system-cpu", None).unwrap();
    assert_eq!(ticks.ticks(120, &cpu(85.0)), ["reminded system-cpu"], "the snooze was ended");
    ticks.engine.snooze(ticks.now(), "system-cpu", Some(600 * MINUTE)).unwrap();
    assert_eq!(ticks.ticks(2, &cpu(95.0)), ["escalated system-cpu"], "an escalation ends the snooze");
    ticks.engine.snooze(ticks.now(), "system-cpu", Some(600 * MINUTE)).unwrap();
    assert_eq!(ticks.ticks(4, &cpu(10.0)), ["resolved system-cpu"]);
    assert_eq!(ticks.engine.snooze(ticks.now(), "system-cpu", None), None, "it is not active");
    assert_eq!(ticks.engine.snooze(ticks.now(), "system-memory", None), None);
}

#[test]
fn alert_without_reminders_reminds_only_after_a_snooze() {
    let mut ticks = Ticks::new();
    ticks.engine.settings.remind_after = None;
    assert_eq!(ticks.ticks(1000, &cpu(85.0)), ["raised system-cpu"]);
    ticks.engine.snooze(ticks.now(), "system-cpu", Some(10 * MINUTE)).unwrap();
    assert_eq!(ticks.ticks(1000, &cpu(85.0)), ["reminded system-cpu"]);
}

#[test]
fn reminder_and_snooze_beyond_the_clock_never_end() {
    let mut ticks = Ticks::new();
    ticks.engine.settings.remind_after = Some(Duration::MAX);
    let open = breaker(BreakerReadingState::Open);
    assert_eq!(ticks.ticks(10, &open), ["raised breaker-bank"]);
    let now = ticks.now();
    assert!(ticks.engine.snooze(now, "breaker-bank", Some(Duration::MAX)).is_some());
    assert!(ticks.ticks(10, &open).is_empty());
}

#[test]
fn changes_of_one_tick_begin_with_the_most_severe_alert() {
    let mut ticks = Ticks::new();
    let figures = AlertFigures { system: cpu(95.0).system, ..route(100, 6, 1) };
    let named = ticks.ticks(2, &figures);
    assert_eq!(named, ["raised system-cpu", "raised route-GET:/a/{id}:default-errors"]);
}

#[test]
fn severity_rises_and_does_not_fall() {
    let mut ticks = Ticks::new();
    assert_eq!(ticks.ticks(2, &cpu(85.0)), ["raised system-cpu"]);
    assert!(ticks.ticks(1, &cpu(91.0)).is_empty(), "one tick may be a coincidence");
    assert!(ticks.ticks(1, &cpu(89.0)).is_empty());
    assert_eq!(ticks.ticks(2, &cpu(91.0)), ["escalated system-cpu"]);
    assert!(ticks.ticks(50, &cpu(85.0)).is_empty());
    assert_eq!(ticks.engine.active().next().unwrap().severity, Severity::Critical);
    let mut ticks = Ticks::new();
    ticks.tick(&cpu(95.0));
    let raised = ticks.tick(&cpu(95.0));
    assert_eq!((raised[0].event, raised[0].alert.severity), (AlertEvent::Raised, Severity::Critical));
}

#[test]
fn thresholds_and_severities_are_those_of_the_table() {
    let lag = |ms| {
        let system = SystemReading { scheduling_delay: Some(Duration::from_millis(ms)), ..SystemReading::default() };
        AlertFigures { system, ..AlertFigures::default() }
    };
    let down = AlertFigures { stores_down: vec!["cache"], ..AlertFigures::default() };
    let strict = |rate: f64, failures| {
        let mut figures = route(100, failures, 1);
        figures.routes[0].thresholds.error_rate = Some(rate);
        figures
    };
    let p99 = |mean_ms| {
        let mut figures = route(100, 0, mean_ms);
        figures.routes[0].thresholds.p99 = Some(Duration::from_millis(300));
        figures
    };
    let off = {
        let mut figures = route(100, 100, 100_000);
        figures.routes[0].thresholds = RouteThresholds::default();
        figures
    };
    for (name, figures, expected) in [
        ("CPU at the threshold", cpu(80.0), None),
        ("CPU above it", cpu(80.1), Some("high system-cpu")),
        ("CPU, critical", cpu(90.1), Some("critical system-cpu")),
        ("memory at the threshold", memory(80, 100), None),
        ("memory above it", memory(81, 100), Some("high system-memory")),
        ("memory, critical", memory(91, 100), Some("critical system-memory")),
        ("memory without a limit", memory(81, 0), None),
        ("lag at the threshold", lag(100), None),
        ("lag above it", lag(101), Some("high system-eventloop")),
        ("lag, critical", lag(201), Some("critical system-eventloop")),
        ("a mean at the threshold", route(100, 0, 1000), None),
        ("a mean above it", route(100, 0, 1001), Some("high route-GET:/a/{id}:default-slow")),
        ("a mean, critical", route(100, 0, 2001), Some("critical route-GET:/a/{id}:default-slow")),
        ("errors at the threshold", route(100, 5, 1), None),
        ("errors above it", route(100, 6, 1), Some("high route-GET:/a/{id}:default-errors")),
        ("errors, critical", route(100, 11, 1), Some("critical route-GET:/a/{id}:default-errors")),
        ("errors of few requests", route(19, 19, 1), None),
        ("errors of enough requests", route(20, 20, 1), Some("critical route-GET:/a/{id}:default-errors")),
        ("errors above a threshold of its own", strict(0.01, 2), Some("high route-GET:/a/{id}:default-errors")),
        ("errors, critical at twice its own", strict(0.01, 3), Some("critical route-GET:/a/{id}:default-errors")),
        ("errors below a high threshold", strict(0.8, 79), None),
        ("errors above a high threshold", strict(0.8, 90), Some("high route-GET:/a/{id}:default-errors")),
        ("errors, critical halfway to one", strict(0.8, 91), Some("critical route-GET:/a/{id}:default-errors")),
        ("a p99 above its threshold", p99(160), Some("high route-GET:/a/{id}:default-p99")),
        ("a route without thresholds", off, None),
        ("an open breaker", breaker(BreakerReadingState::Open), Some("high breaker-bank")),
        ("a half-open breaker", breaker(BreakerReadingState::HalfOpen), None),
        ("a store that is down", down, Some("high cache-store")),
    ] {
        let mut ticks = Ticks::new();
        ticks.ticks(3, &figures);
        let active: Vec<String> =
            ticks.engine.active().map(|alert| format!("{} {}", alert.severity, alert.id)).collect();
        assert_eq!(active, expected.into_iter().collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn rule_without_a_threshold_is_off() {
    let mut ticks = Ticks::new();
    let settings = &mut ticks.engine.settings;
    (settings.cpu_percent, settings.memory_percent, settings.memory_growth) = (None, None, None);
    settings.scheduling_delay = None;
    let system = SystemReading {
        cpu_percent: Some(100.0),
        rss: Some(100),
        memory_limit: Some(100),
        scheduling_delay: Some(MINUTE),
    };
    assert!(ticks.ticks(100, &AlertFigures { system, ..AlertFigures::default() }).is_empty());
}

#[test]
fn active_alert_of_a_route_lasts_with_few_requests_and_ends_without_any() {
    let mut ticks = Ticks::new();
    assert_eq!(ticks.ticks(2, &route(100, 50, 1)), ["raised route-GET:/a/{id}:default-errors"]);
    assert!(ticks.ticks(50, &route(1, 1, 1)).is_empty());
    assert_eq!(ticks.ticks(4, &route(0, 0, 0)), ["resolved route-GET:/a/{id}:default-errors"]);
}

#[test]
fn breaker_that_opens_again_and_again_is_one_alert() {
    let mut ticks = Ticks::new();
    assert_eq!(ticks.ticks(1, &breaker(BreakerReadingState::Open)), ["raised breaker-bank"]);
    for _ in 0..20 {
        assert!(ticks.ticks(1, &breaker(BreakerReadingState::HalfOpen)).is_empty());
        assert!(ticks.ticks(2, &breaker(BreakerReadingState::Open)).is_empty());
        assert!(ticks.ticks(3, &AlertFigures::default()).is_empty(), "closed for a moment");
    }
    assert_eq!(ticks.ticks(1, &AlertFigures::default()), ["resolved breaker-bank"]);
}

#[test]
fn sustained_growth_of_memory_is_an_alert_until_it_stops() {
    const MIB: u64 = 1 << 20;
    let mut ticks = Ticks::new();
    let mut events = Vec::new();
    for tick in 0..400 {
        events.extend(ticks.ticks(1, &memory(500 * MIB + tick * MIB, 1 << 40)));
    }
    assert_eq!(
        events,
        ["raised system-memory-growth", "reminded system-memory-growth", "reminded system-memory-growth"]
    );
    assert_eq!(ticks.ticks(400, &memory(900 * MIB, 1 << 40)), ["resolved system-memory-growth"]);
}

#[test]
fn history_is_bounded() {
    let mut ticks = Ticks::new();
    for _ in 0..300 {
        ticks.ticks(1, &breaker(BreakerReadingState::Open));
        ticks.ticks(4, &AlertFigures::default());
    }
    let times: Vec<_> = ticks.engine.history().map(|alert| alert.timestamp).collect();
    assert_eq!(times.len(), 200);
    assert!(times.is_sorted_by(|a, b| a > b), "the last one first");
}

#[test]
fn alert_in_json_has_the_fields_of_the_report() {
    let mut ticks = Ticks::new();
    ticks.ticks(1, &route(100, 50, 1));
    let change = ticks.tick(&route(100, 50, 1)).remove(0);
    let json = serde_json::to_value(&change).unwrap();
    let expected = serde_json::json!({
        "event": "raised",
        "id": "route-GET:/a/{id}:default-errors",
        "type": "high_error_rate",
        "severity": "critical",
        "route": "GET:/a/{id}:default",
        "message": "Route GET:/a/{id}:default has error rate of 50.00%",
        "value": 0.5,
        "threshold": 0.05,
        "timestamp": "2030-01-01T00:01:00.000Z",
        "reminders": 0,
    });
    assert_eq!(json, expected);
    for kind in super::AlertKind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
    for severity in [Severity::Low, Severity::Medium, Severity::High, Severity::Critical] {
        assert_eq!(serde_json::to_value(severity).unwrap(), severity.as_str());
    }
}
