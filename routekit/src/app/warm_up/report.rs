//! How the warm-up went.

use std::{fmt, time::Duration};

use axum::response::Response;
use http::{HeaderValue, StatusCode};

use super::plan::Page;
use crate::{
    correlation::CORRELATION_ID,
    observe::{CacheOutcome, Failure},
};

/// How the warm-up of an app went; see [`App::warm`](crate::App::warm). `Display` is the line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WarmUpReport {
    /// How many pages were asked for, counted once for each host.
    pub pages: usize,
    /// How many of them the cache has now.
    pub stored: usize,
    /// The others, in the order in which they were asked for.
    pub not_stored: Vec<NotStored>,
    /// How long it took.
    pub duration: Duration,
    hosts: Vec<String>,
    guesses_hosts: bool,
}

/// A page that the cache does not have after it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotStored {
    /// Path and query.
    pub path: String,
    /// The `Host` that it was asked for with.
    pub host: Option<String>,
    /// What it was answered with; `None` if it was not.
    pub status: Option<StatusCode>,
    /// Why it was not stored, for people.
    pub why: String,
    /// The id that the logs of the request have.
    pub correlation_id: Option<String>,
    /// Whether the program named it.
    named: bool,
}

/// What the response to one page says.
#[derive(Debug)]
pub(super) struct Outcome {
    status: StatusCode,
    /// Why the cache does not hold the page; `None` if it does.
    why: Option<String>,
    correlation_id: Option<String>,
}

impl Outcome {
    pub(super) fn of(response: &Response) -> Self {
        let (status, extensions) = (response.status(), response.extensions());
        let why = match (extensions.get::<CacheOutcome>(), extensions.get::<Failure>()) {
            (Some(CacheOutcome::Hit | CacheOutcome::Stale | CacheOutcome::Stored), _) => None,
            (_, Some(Failure::Panic)) => Some("the handler panicked".to_owned()),
            (_, Some(Failure::Timeout)) => Some("the handler exceeded its timeout".to_owned()),
            (_, Some(failure)) => Some(failure.as_str().to_owned()),
            (_, None) if status.is_client_error() || status.is_server_error() => Some(format!("answered {status}")),
            (Some(CacheOutcome::NotStored), None) => Some("the response is not storable".to_owned()),
            (None, None) => Some("no cache layer handled the request".to_owned()),
        };
        Self { status, why, correlation_id: response.headers().get(CORRELATION_ID).and_then(text) }
    }
}

fn text(value: &HeaderValue) -> Option<String> {
    value.to_str().ok().map(str::to_owned)
}

impl WarmUpReport {
    /// `missing` is why pages without an outcome have none.
    pub(super) fn new(
        pages: impl ExactSizeIterator<Item = (Page, Option<Outcome>)>,
        missing: &str,
        duration: Duration,
        guesses_hosts: bool,
    ) -> Self {
        let mut report =
            Self { pages: pages.len(), stored: 0, not_stored: Vec::new(), duration, hosts: Vec::new(), guesses_hosts };
        for (page, outcome) in pages {
            let host = page.host.as_ref().and_then(text);
            if let Some(host) = host.as_ref().filter(|host| !report.hosts.contains(host)) {
                report.hosts.push(host.clone());
            }
            let (status, why, correlation_id) = match outcome {
                Some(Outcome { why: None, .. }) => {
                    report.stored += 1;
                    continue;
                }
                Some(Outcome { status, why: Some(why), correlation_id }) => (Some(status), why, correlation_id),
                None => (None, missing.to_owned(), None),
            };
            let path = page.target.to_string();
            report.not_stored.push(NotStored { path, host, status, why, correlation_id, named: page.named });
        }
        report
    }

    /// To the log: a line for all, and one for each that is missing.
    pub(in crate::app) fn log(&self) {
        let (pages, stored, hosts) = (self.pages, self.stored, self.hosts.join(", "));
        let duration_ms = u64::try_from(self.duration.as_millis()).unwrap_or(u64::MAX);
        tracing::info!(pages, stored, duration_ms, hosts, "{self}");
        if self.guesses_hosts {
            tracing::info!(
                hosts,
                "who asks for another host finds nothing warm; `App::warm_host` says which host clients ask for"
            );
        }
        self.not_stored.iter().for_each(NotStored::log);
    }
}

impl fmt::Display for WarmUpReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = if self.pages == 1 { "" } else { "s" };
        write!(f, "warmed {} of {} page{s} in {:.0?}", self.stored, self.pages, self.duration)
    }
}

impl NotStored {
    fn log(&self) {
        let Self { path, host, status, why, correlation_id, named } = self;
        let status = status.map(|status| status.as_u16());
        // A route that was found, and not named, may want a query: then there is nothing wrong with it.
        if !named && status.is_some_and(|status| (400..500).contains(&status)) {
            tracing::info!(path, host, status, correlation_id, "not warmed: {why}");
        } else {
            tracing::warn!(path, host, status, correlation_id, "not warmed: {why}");
        }
    }
}
