//! An alert as data.

use std::{fmt, time::SystemTime};

use serde::Serialize;

use crate::base::clock::{serialize_time, serialize_time_option};

/// A condition that operators should know of, from the tick that raised it to the tick that resolved it.
///
/// In JSON, names are in camelCase, points in time are RFC 3339, and absent values are left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Alert {
    /// The identity of the condition: `route-GET:/users:default-slow`, `system-cpu`, `breaker-payments`. A condition
    /// that returns after it was resolved has the same id.
    pub id: String,
    /// The kind of condition. In JSON, `type`.
    #[serde(rename = "type")]
    pub kind: AlertKind,
    /// The highest severity since the alert was raised.
    pub severity: Severity,
    /// The key of the route: `GET:/users:default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// The condition as a sentence.
    pub message: String,
    /// The last value that was measured, in the unit that the [`AlertKind`] states.
    pub value: f64,
    /// The alert is raised while the value is above this.
    pub threshold: f64,
    /// When it was raised.
    #[serde(serialize_with = "serialize_time")]
    pub timestamp: SystemTime,
    /// When it was resolved. `None` while it is active.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "serialize_time_option")]
    pub resolved: Option<SystemTime>,
    /// Until when there are no reminders.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "serialize_time_option")]
    pub snoozed_until: Option<SystemTime>,
    /// How many reminders were sent.
    pub reminders: u32,
}

/// The kind of an [`Alert`], with the unit of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AlertKind {
    /// The mean or the 99th percentile of a route's response times is too long, in milliseconds.
    SlowRoute,
    /// Too many requests of a route fail, as a share from 0 to 1.
    HighErrorRate,
    /// The process uses too much of the memory, in percent, or uses more and more, in bytes.
    MemoryLeak,
    /// The process uses too much CPU time, in percent of what it may use.
    HighCpu,
    /// Tasks wait too long for a thread of the runtime, in milliseconds.
    EventLoopLag,
    /// A circuit breaker is open: the value is 1.
    BreakerOpen,
    /// The store of the cache cannot be reached: the value is 1.
    CacheStoreDown,
}

/// The severity of an [`Alert`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// Not used by the rules of routekit.
    Low,
    /// Not used by the rules of routekit.
    Medium,
    /// The value is above its threshold.
    High,
    /// The value is far above its threshold. See the [module docs](crate::alerts).
    Critical,
}

/// What has happened to an alert, and the alert after it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AlertChange {
    /// Whether it was raised, has escalated, is reminded of, or is resolved.
    pub event: AlertEvent,
    /// The alert after the change.
    #[serde(flatten)]
    pub alert: Alert,
}

/// What happens to an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum AlertEvent {
    /// The condition was found.
    Raised,
    /// The condition still lasts.
    Reminded,
    /// The severity has risen.
    Escalated,
    /// The condition has ended.
    Resolved,
}

impl AlertKind {
    pub(crate) const ALL: [Self; 7] = [
        Self::SlowRoute,
        Self::HighErrorRate,
        Self::MemoryLeak,
        Self::HighCpu,
        Self::EventLoopLag,
        Self::BreakerOpen,
        Self::CacheStoreDown,
    ];

    /// Returns the name, as in JSON and in the labels of metrics: `slow_route`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SlowRoute => "slow_route",
            Self::HighErrorRate => "high_error_rate",
            Self::MemoryLeak => "memory_leak",
            Self::HighCpu => "high_cpu",
            Self::EventLoopLag => "event_loop_lag",
            Self::BreakerOpen => "breaker_open",
            Self::CacheStoreDown => "cache_store_down",
        }
    }
}

impl Severity {
    /// The severities that the rules use.
    pub(crate) const USED: [Self; 2] = [Self::High, Self::Critical];

    /// Returns the name, as in JSON and in the labels of metrics: `critical`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl AlertEvent {
    /// Returns the name, as in JSON: `raised`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Reminded => "reminded",
            Self::Escalated => "escalated",
            Self::Resolved => "resolved",
        }
    }
}

impl fmt::Display for AlertKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for AlertEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// `[critical] Route GET:/users:default has error rate of 12.00%`, or with `[resolved]`.
impl fmt::Display for AlertChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Alert { severity, message, .. } = &self.alert;
        match self.event {
            AlertEvent::Raised => write!(f, "[{severity}] {message}"),
            AlertEvent::Reminded => write!(f, "[{severity}, reminder] {message}"),
            AlertEvent::Escalated => write!(f, "[{severity}, escalated] {message}"),
            AlertEvent::Resolved => write!(f, "[resolved] {message}"),
        }
    }
}
