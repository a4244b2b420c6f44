//! Recommendations, each with the route and the figure that it comes from.

use super::facts::RouteFacts;
use crate::{
    base::units,
    breaker::BreakerSnapshot,
    cache::Counts,
    observe::{RepeatCount, UrlFinding},
    route::Method,
    statistics::RouteStatistics,
    system::SystemMetrics,
};

/// Fewer requests say little about a route.
const MIN_REQUESTS: u64 = 20;
/// The share of hits below which a cached route deserves a look.
const LOW_HIT_RATE: f64 = 0.2;
/// The part of a timeout from which the 99th percentile is near it.
const NEAR_TIMEOUT: f64 = 0.8;
/// How often a breaker may have opened.
const OFTEN: u64 = 3;

/// A route with what was measured of it.
pub(super) struct ObservedRoute<'a> {
    pub(super) facts: &'a RouteFacts,
    /// Its requests in the window. `None` if there were none.
    pub(super) statistics: Option<&'a RouteStatistics>,
    /// What the cache did for it since the start. `None` if it is not cached.
    pub(super) cached: Option<Counts>,
    /// The URLs of its requests.
    pub(super) urls: UrlFinding,
}

/// Whether the cache rarely has what clients ask for.
pub(super) fn has_few_hits(counts: &Counts) -> bool {
    asked(counts) >= MIN_REQUESTS && counts.hit_rate() < LOW_HIT_RATE
}

impl ObservedRoute<'_> {
    /// The recommendations for the route, which is slow if its mean is above `slow` milliseconds.
    pub(super) fn advice(&self, slow: f64) -> Vec<String> {
        let known = self.statistics.filter(|statistics| statistics.total_requests >= MIN_REQUESTS);
        let advice = [
            known.and_then(|statistics| self.slow(statistics, slow)),
            known.and_then(|statistics| self.near_timeout(statistics)),
            known.and_then(Self::failing),
            known.and_then(Self::allocating),
            self.few_hits(),
        ];
        advice.into_iter().flatten().map(|advice| format!("{}: {advice}", label(self.facts))).collect()
    }

    fn slow(&self, statistics: &RouteStatistics, slow: f64) -> Option<String> {
        let mean = statistics.response_time_metrics.mean;
        if mean <= slow {
            return None;
        }
        let mean = milliseconds(mean);
        if self.facts.method != Method::Get || self.facts.is_cached {
            return Some(format!("the mean duration is {mean}; find out what the handler waits for"));
        }
        let RepeatCount { seen, .. } = self.urls.urls;
        let repeats = if seen < MIN_REQUESTS {
            String::new()
        } else {
            format!(": {} of {seen} measured requests repeated a URL", percent(self.urls.urls.share()))
        };
        Some(format!("the mean duration is {mean}, and it is not cached; consider `cache(ttl = …)`{repeats}"))
    }

    fn near_timeout(&self, statistics: &RouteStatistics) -> Option<String> {
        let timeout = self.facts.timeout?;
        let (limit, p99) = (timeout.as_secs_f64() * 1e3, statistics.response_time_metrics.p99);
        (p99 > limit * NEAR_TIMEOUT).then(|| {
            let (p99, limit) = (milliseconds(p99), units::show(&timeout));
            format!("the 99th percentile of {p99} is near the timeout of {limit}")
        })
    }

    fn allocating(statistics: &RouteStatistics) -> Option<String> {
        let mebibytes = statistics.memory_usage? / 1_048_576.0;
        let advice = format!("the handler allocates {mebibytes:.1} MiB for a request; stream or share what it builds");
        (mebibytes > 1.0).then_some(advice)
    }

    fn failing(statistics: &RouteStatistics) -> Option<String> {
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let rate = statistics.server_failures as f64 / statistics.total_requests as f64;
        let (rate_text, failures) = (percent(rate), statistics.server_failures);
        (rate > 0.05).then(|| format!("the server failed {failures} requests ({rate_text})"))
    }

    /// What keeps the cache from having a response: the part of the URL that is never the same, or else something other
    /// than the URL.
    fn few_hits(&self) -> Option<String> {
        let counts = self.cached.filter(has_few_hits)?;
        let (rate, asked) = (percent(counts.hit_rate()), asked(&counts));
        let found = format!("it is cached, but only {rate} of {asked} requests were hits");
        let UrlFinding { urls, parameters } = &self.urls;
        if urls.seen < MIN_REQUESTS {
            return Some(found);
        }
        let repeated = percent(urls.share());
        if urls.share() > 2.0 * LOW_HIT_RATE {
            let causes = "headers in `vary`, responses for each caller, and responses that expire, are invalidated or \
                          cannot be stored";
            return Some(format!("{found}, although {repeated} repeated a URL; look for {causes}"));
        }
        let measured = parameters.iter().filter(|(_, count)| count.seen >= MIN_REQUESTS);
        let most_varied = measured.min_by(|(_, one), (_, other)| one.share().total_cmp(&other.share()));
        Some(match most_varied.filter(|(_, count)| count.share() < 2.0 * LOW_HIT_RATE) {
            Some((name, count)) => {
                let new = percent(1.0 - count.share());
                format!("{found}: the parameter `{name}` of the query has a new value in {new} of the requests")
            }
            None => format!("{found}: only {repeated} repeated a URL; the path and the query as a whole vary"),
        })
    }
}

/// The recommendation about a breaker that opens often.
pub(super) fn of_breaker(breaker: &BreakerSnapshot, facts: &[RouteFacts]) -> Option<String> {
    if breaker.opened < OFTEN {
        return None;
    }
    let users: Vec<String> =
        facts.iter().filter(|facts| facts.breaker.as_ref() == Some(&breaker.name)).map(label).collect();
    let users = if users.is_empty() { String::new() } else { format!(" of {}", users.join(", ")) };
    let (name, opened) = (&breaker.name, breaker.opened);
    Some(format!(
        "the circuit breaker `{name}`{users} has opened {opened} times since the start: look at what it calls"
    ))
}

/// The recommendations about the process.
pub(super) fn of_system(system: &SystemMetrics) -> Vec<String> {
    let SystemMetrics { cpu, memory, runtime, .. } = system;
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    let memory_share = memory.used.zip(memory.total).map(|(used, total)| used as f64 / total as f64 * 100.0);
    let above = |figure: Option<f64>, limit: f64| figure.filter(|figure| *figure > limit);
    let advice = [
        above(cpu.usage, 70.0)
            .map(|usage| format!("the process uses {usage:.0} % of its CPUs: run more instances, or give it more")),
        above(runtime.delay, 50.0).map(|delay| {
            format!("tasks wait {delay:.0} ms before they run: look for handlers that block their thread")
        }),
        above(memory_share, 70.0)
            .map(|share| format!("the process uses {share:.0} % of its memory: look for what grows, or give it more")),
    ];
    advice.into_iter().flatten().collect()
}

/// The requests that the cache could have had a response for.
fn asked(counts: &Counts) -> u64 {
    counts.hits() + counts.stale() + counts.misses()
}

fn label(facts: &RouteFacts) -> String {
    format!("{} {}", facts.method, facts.path)
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn milliseconds(milliseconds: f64) -> String {
    format!("{milliseconds:.1} ms")
}
