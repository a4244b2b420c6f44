//! All limits of a route or of a layer, and their order.

use std::{
    fmt,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Request, StatusCode, header, request::Parts};
use serde_json::Value;

use super::{
    headers::{LimitFields, RateLimitHeaders},
    limiter::{LimitedHead, Limiter},
    quota_states::QuotaStates,
};
use crate::{
    client_address::{ClientAddress, TrustedProxies},
    observe::{Event, Report},
    problem::Problem,
};

/// The type of the problem (draft-ietf-httpapi-ratelimit-headers-10, §6).
const QUOTA_EXCEEDED: &str = "https://iana.org/assignments/http-problem-types#quota-exceeded";

/// What the limits of all routes of an app share.
#[derive(Debug, Clone, Default)]
pub(crate) struct RateLimitSetup {
    /// `None` means those of the app around.
    pub(crate) proxies: Option<TrustedProxies>,
    pub(crate) headers: RateLimitHeaders,
    /// Whether the log says already that clients have no address.
    pub(crate) warned: Arc<AtomicBool>,
}

/// All limits of a route or of a layer.
pub(crate) struct RateLimits {
    /// Those that need no identity come first.
    limiters: Box<[Arc<Limiter>]>,
    /// How many need no identity.
    early: usize,
    fields: LimitFields,
    setup: RateLimitSetup,
    report: Report,
}

/// The names of the limits that refused a request, as an extension of the response.
#[derive(Debug, Clone)]
pub(crate) struct ViolatedLimits(pub(crate) HeaderValue);

/// How a request passed the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LimitAdmission {
    /// It is within all limits.
    Within,
    /// It is beyond a limit that observes.
    Observed,
}

impl RateLimits {
    /// The names of `limiters` are unique. There are at most [`MAX_LIMITS`](routekit_grammar::rate::MAX_LIMITS).
    pub(crate) fn new(limiters: Vec<Arc<Limiter>>, setup: RateLimitSetup, report: Report) -> Self {
        let is_early = |limiter: &Arc<Limiter>| !limiter.limit().by().needs_identity();
        let (mut all, late): (Vec<_>, Vec<_>) = limiters.into_iter().partition(is_early);
        let early = all.len();
        all.extend(late);
        let fields = LimitFields::new(setup.headers, all.iter().map(|limiter| limiter.limit()));
        Self { limiters: all.into(), early, fields, setup, report }
    }

    /// The states of a request that no limit has counted yet.
    #[inline]
    pub(crate) fn states(&self) -> QuotaStates {
        // A limit behind `auth` may count in another future, which shares the states.
        if (self.limiters.len(), self.early) == (1, 1) { QuotaStates::None } else { QuotaStates::several() }
    }

    /// Whether there are limits that need no identity.
    pub(crate) fn has_early(&self) -> bool {
        self.early > 0
    }

    /// Whether there are limits that need the identity.
    pub(crate) fn has_late(&self) -> bool {
        self.early < self.limiters.len()
    }

    /// Counts a request in the limits that need no identity. `at` is when it arrived, if that is known.
    #[inline]
    pub(crate) fn admit_early<B>(
        &self,
        request: &Request<B>,
        at: Option<Instant>,
        states: &mut QuotaStates,
    ) -> Result<LimitAdmission, Box<Response>> {
        let head = LimitedHead { headers: request.headers(), extensions: request.extensions(), parts: None };
        self.admit(0..self.early, head, at, states)
    }

    /// Counts a request in the other limits.
    pub(crate) fn admit_late(&self, parts: &Parts, states: &mut QuotaStates) -> Result<LimitAdmission, Box<Response>> {
        self.admit(self.early..self.limiters.len(), head(parts), None, states)
    }

    /// Counts a request in all limits.
    pub(super) fn admit_all(&self, parts: &Parts, states: &mut QuotaStates) -> Result<LimitAdmission, Box<Response>> {
        self.admit(0..self.limiters.len(), head(parts), None, states)
    }

    /// Adds the headers to a response.
    #[inline]
    pub(crate) fn add_headers(&self, headers: &mut HeaderMap, states: &QuotaStates) {
        self.fields.add_to(headers, states);
    }

    #[inline]
    fn admit(
        &self,
        places: Range<usize>,
        head: LimitedHead<'_>,
        at: Option<Instant>,
        states: &mut QuotaStates,
    ) -> Result<LimitAdmission, Box<Response>> {
        let mut admission = LimitAdmission::Within;
        let Some(first) = self.limiters.get(places.start) else { return Ok(admission) };
        let at = at.unwrap_or_else(|| first.clock().now());
        for place in places.clone() {
            let limiter = &self.limiters[place];
            let decision = limiter.take(self.key(limiter, head), at);
            states.set(place, decision.state);
            if decision.passes {
                continue;
            }
            if !limiter.limit().observes() {
                return Err(self.refuse(places, place, (head, at), states));
            }
            limiter.log_observed(at);
            admission = LimitAdmission::Observed;
        }
        Ok(admission)
    }

    #[inline]
    fn key(&self, limiter: &Limiter, head: LimitedHead<'_>) -> u64 {
        limiter.key(head, || {
            let address = match &self.setup.proxies {
                Some(proxies) => proxies.client(head.headers, head.extensions),
                None => ClientAddress::of(head.headers, head.extensions).map(|client| client.0),
            };
            if address.is_none() {
                self.warn();
            }
            address
        })
    }

    /// Refuses a request that is beyond the limit at `refused`. The enforcing limits at `places` that have counted it
    /// give it back.
    #[cold]
    fn refuse(
        &self,
        places: Range<usize>,
        refused: usize,
        (head, at): (LimitedHead<'_>, Instant),
        states: &mut QuotaStates,
    ) -> Box<Response> {
        self.report.event(Event::RateLimited);
        let mut violated = Vec::new();
        let mut longest: Option<(u32, &Limiter)> = None;
        for place in places {
            let limiter = &*self.limiters[place];
            let key = self.key(limiter, head);
            // A limit before the refusing one has let the request pass, or observes.
            if place < refused && !limiter.limit().observes() {
                limiter.give_back(key);
            }
            let state = if place == refused { states.get(place) } else { None };
            let state = state.unwrap_or_else(|| limiter.look(key, at));
            states.set(place, state);
            if state.remaining == 0 && place >= refused && !limiter.limit().observes() {
                violated.push(limiter.limit().display_name());
                if longest.is_none_or(|(seconds, _)| seconds < state.reset_seconds) {
                    longest = Some((state.reset_seconds, limiter));
                }
            }
        }
        let (seconds, limiter) = longest.unwrap_or((1, &self.limiters[refused]));
        Box::new(refusal(limiter, seconds, &violated))
    }

    /// Says once that clients have no address, so that all of them share a quota.
    #[cold]
    fn warn(&self) {
        if !self.setup.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: "routekit::rate_limit",
                "connections have no address, so all clients share one quota of each limit; serve the router with \
                 `into_make_service_with_connect_info::<SocketAddr>()`, or add `unix` to `trusted_proxies` if a proxy \
                 connects over a Unix socket"
            );
        }
    }
}

fn head(parts: &Parts) -> LimitedHead<'_> {
    LimitedHead { headers: &parts.headers, extensions: &parts.extensions, parts: Some(parts) }
}

/// The 429 (RFC 6585 §4).
fn refusal(limiter: &Limiter, seconds: u32, violated: &[&str]) -> Response {
    let limit = limiter.limit();
    let names = HeaderValue::from_str(&violated.join(", ")).expect("names of limits are letters, digits and the like");
    let unit = if seconds == 1 { "second" } else { "seconds" };
    let detail = format!(
        "the limit `{}` of {} is used up; one more request passes in {seconds} {unit}",
        limit.display_name(),
        limit.rate()
    );
    let mut response = Problem::new(StatusCode::TOO_MANY_REQUESTS)
        .with_kind(QUOTA_EXCEEDED)
        .with_title("Request cannot be satisfied as assigned quota has been exceeded")
        .with_detail(detail)
        .with_member("violated-policies", violated.iter().map(|name| Value::from(*name)).collect::<Vec<_>>())
        .with_header(header::RETRY_AFTER, seconds.into())
        .into_response();
    response.extensions_mut().insert(ViolatedLimits(names));
    response
}

impl fmt::Debug for RateLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.limiters.iter().map(|limiter| limiter.limit())).finish()
    }
}
