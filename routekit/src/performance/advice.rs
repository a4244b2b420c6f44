//! Recommendations, each with the route and the figure that it comes from.

use super::facts::RouteFacts;
use crate::{
    base::units,
    breaker::BreakerSnapshot,
    cache::{CacheStats, RouteStats},
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

/// What advice is about.
pub(super) struct Observed<'a> {
    pub(super) facts: &'a [RouteFacts],
    /// The routes with requests in the window.
    pub(super) routes: &'a [RouteStatistics],
    /// The mean in milliseconds from which a route is slow.
    pub(super) slow: f64,
    /// The cache and the breakers since the start of the app.
    pub(super) cache: &'a CacheStats,
    pub(super) breakers: &'a [BreakerSnapshot],
    pub(super) system: &'a SystemMetrics,
}

impl Observed<'_> {
    /// All recommendations.
    pub(super) fn advice(&self) -> Vec<String> {
        let known = self.routes.iter().filter(|route| route.total_requests >= MIN_REQUESTS);
        let with_facts = known.filter_map(|route| {
            let facts = self.facts.iter().find(|facts| facts.key == route.route_key)?;
            Some((route, facts))
        });
        let of_routes = with_facts
            .flat_map(|(route, facts)| [self.slow(route, facts), near_timeout(route, facts), failing(route, facts)]);
        let of_cached = self.facts.iter().filter(|facts| facts.is_cached).map(|facts| self.low_hit_rate(facts));
        let of_breakers = self.breakers.iter().map(|breaker| self.often_open(breaker));
        of_routes.chain(of_cached).chain(of_breakers).chain(self.of_the_system()).flatten().collect()
    }

    fn slow(&self, route: &RouteStatistics, facts: &RouteFacts) -> Option<String> {
        let mean = route.response_time_metrics.mean;
        if mean <= self.slow {
            return None;
        }
        let figure = format!("{} takes {} on average", label(facts), show(mean));
        Some(if facts.method == "GET" && !facts.is_cached {
            format!("{figure} and is not cached: consider `cache(ttl = …)`")
        } else {
            format!("{figure}: find out what it waits for")
        })
    }

    fn low_hit_rate(&self, facts: &RouteFacts) -> Option<String> {
        let is_it = |stats: &&RouteStats| stats.path == facts.path && stats.method.as_str() == facts.method;
        let counts = self.cache.routes.iter().find(is_it)?.counts;
        let asked = counts.hits() + counts.stale() + counts.misses();
        if asked < MIN_REQUESTS || counts.hit_rate() >= LOW_HIT_RATE {
            return None;
        }
        let rate = percent(counts.hit_rate());
        Some(format!("{} is cached, but only {rate} of {asked} requests were hits", label(facts)))
    }

    fn of_the_system(&self) -> [Option<String>; 3] {
        let SystemMetrics { cpu, memory, runtime, .. } = self.system;
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let memory_share = memory.used.zip(memory.total).map(|(used, total)| used as f64 / total as f64 * 100.0);
        let above = |figure: Option<f64>, limit: f64| figure.filter(|figure| *figure > limit);
        [
            above(cpu.usage, 70.0)
                .map(|usage| format!("the process uses {usage:.0} % of its CPUs: run more instances, or give it more")),
            above(runtime.delay, 50.0).map(|delay| {
                format!("tasks wait {delay:.0} ms before they run: look for handlers that block their thread")
            }),
            above(memory_share, 70.0).map(|share| {
                format!("the process uses {share:.0} % of its memory: look for what grows, or give it more")
            }),
        ]
    }

    fn often_open(&self, breaker: &BreakerSnapshot) -> Option<String> {
        if breaker.opened < OFTEN {
            return None;
        }
        let users: Vec<String> =
            self.facts.iter().filter(|facts| facts.breaker.as_ref() == Some(&breaker.name)).map(label).collect();
        let users = if users.is_empty() { String::new() } else { format!(" (of {})", users.join(", ")) };
        let (name, opened) = (&breaker.name, breaker.opened);
        Some(format!(
            "the circuit breaker `{name}`{users} has opened {opened} times since the start: look at what it calls"
        ))
    }
}

fn near_timeout(route: &RouteStatistics, facts: &RouteFacts) -> Option<String> {
    let timeout = facts.timeout?;
    let (limit, p99) = (timeout.as_secs_f64() * 1e3, route.response_time_metrics.p99);
    (p99 > limit * NEAR_TIMEOUT).then(|| {
        let (p99, limit) = (show(p99), units::show(&timeout));
        format!("{}: the 99th percentile of {p99} is near the timeout of {limit}", label(facts))
    })
}

fn failing(route: &RouteStatistics, facts: &RouteFacts) -> Option<String> {
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    let rate = route.server_failures as f64 / route.total_requests as f64;
    let (rate_text, failures) = (percent(rate), route.server_failures);
    (rate > 0.05).then(|| format!("{}: the server failed {failures} requests ({rate_text})", label(facts)))
}

fn label(facts: &RouteFacts) -> String {
    format!("{} {}", facts.method, facts.path)
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn show(milliseconds: f64) -> String {
    format!("{:.1} ms", milliseconds)
}
