//! The result of a warm-up.

use std::{fmt, time::Duration};

use axum::response::Response;
use http::{HeaderValue, StatusCode};

use super::plan::{Page, PageSource};
use crate::{
    correlation::CORRELATION_ID,
    observe::{CacheOutcome, Failure},
};

/// The result of a warm-up; see [`App::warm`](crate::App::warm). `Display` prints the line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WarmUpReport {
    /// The number of requested pages. A page counts once for each host.
    pub pages: usize,
    /// The number of pages that the cache now holds.
    pub stored: usize,
    /// The other pages, in the order of the requests.
    pub not_stored: Vec<NotStored>,
    /// The duration of the whole warm-up.
    pub duration: Duration,
    hosts: Vec<String>,
    guesses_hosts: bool,
}

/// A requested page that the cache does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotStored {
    /// The path and query.
    pub path: String,
    /// The `Host` of the request.
    pub host: Option<String>,
    /// The status of the response; `None` if there was no response.
    pub status: Option<StatusCode>,
    /// The reason, as text for people.
    pub why: String,
    /// The correlation id of the request, as it appears in the logs.
    pub correlation_id: Option<String>,
    source: PageSource,
}

/// The outcome of the request for one page.
#[derive(Debug)]
pub(super) struct PageOutcome {
    status: StatusCode,
    /// The reason why the cache does not hold the page; `None` if it does.
    why: Option<String>,
    correlation_id: Option<String>,
}

impl PageOutcome {
    pub(super) fn of(response: &Response) -> Self {
        let (status, extensions) = (response.status(), response.extensions());
        let why = match (extensions.get::<CacheOutcome>(), extensions.get::<Failure>()) {
            (Some(CacheOutcome::Hit | CacheOutcome::Stale | CacheOutcome::Stored), _) => None,
            (_, Some(Failure::Panic)) => Some("the handler panicked".to_owned()),
            (_, Some(Failure::Timeout)) => Some("the handler exceeded its timeout".to_owned()),
            (_, Some(failure)) => Some(failure.as_str().to_owned()),
            (_, None) if status.is_client_error() || status.is_server_error() => Some(format!("answered {status}")),
            (Some(CacheOutcome::NotStored | CacheOutcome::OnlyIfCached), None) => {
                Some("the response is not storable".to_owned())
            }
            (None, None) => Some("no cache layer handled the request".to_owned()),
        };
        Self { status, why, correlation_id: response.headers().get(CORRELATION_ID).and_then(text) }
    }
}

fn text(value: &HeaderValue) -> Option<String> {
    value.to_str().ok().map(str::to_owned)
}

impl WarmUpReport {
    /// `missing` is the reason why pages have no outcome.
    pub(super) fn new(
        pages: impl ExactSizeIterator<Item = (Page, Option<PageOutcome>)>,
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
                Some(PageOutcome { why: None, .. }) => {
                    report.stored += 1;
                    continue;
                }
                Some(PageOutcome { status, why: Some(why), correlation_id }) => (Some(status), why, correlation_id),
                None => (None, missing.to_owned(), None),
            };
            let path = page.target.to_string();
            report.not_stored.push(NotStored { path, host, status, why, correlation_id, source: page.source });
        }
        report
    }

    /// Logs one line for the warm-up, and one for each page that is not stored.
    pub(in crate::app) fn log(&self) {
        let (pages, stored, hosts) = (self.pages, self.stored, self.hosts.join(", "));
        let duration_ms = u64::try_from(self.duration.as_millis()).unwrap_or(u64::MAX);
        tracing::info!(pages, stored, duration_ms, hosts, "{self}");
        if self.guesses_hosts {
            tracing::info!(
                hosts,
                "no page is warm for other hosts; name the host that clients request with `App::warm_host`"
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
        let Self { path, host, status, why, correlation_id, source } = self;
        let status = status.map(|status| status.as_u16());
        let is_client_error = status.is_some_and(|status| (400..500).contains(&status));
        match source {
            // There may be hundreds, and the data may have changed.
            PageSource::HotPages => tracing::debug!(path, host, status, correlation_id, "not warmed: {why}"),
            // A route that the program did not name may require a query; then this is not a mistake.
            PageSource::Route if is_client_error => {
                tracing::info!(path, host, status, correlation_id, "not warmed: {why}");
            }
            PageSource::Program | PageSource::Route => {
                tracing::warn!(path, host, status, correlation_id, "not warmed: {why}");
            }
        }
    }
}
