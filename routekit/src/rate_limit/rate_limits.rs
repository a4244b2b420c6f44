//! All limits of a route or of a layer, and their order.

use std::{
    fmt,
    net::IpAddr,
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
    client_key::LimitedHead,
    headers::{LimitFields, RateLimitHeaders},
    limiter::Limiter,
    quota_states::QuotaStates,
};
use crate::{
    base::redis_waits::RedisWaits,
    client_address::{ClientAddress, TrustedProxies},
    observe::{Event, Report},
    problem::Problem,
    shared_quotas::SharedDecision,
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
    /// By stage, and within a stage those of this process first: a request that is beyond one of them does not reach
    /// the server of the others.
    limiters: Box<[Arc<Limiter>]>,
    /// Those that need no identity.
    early: Stage,
    /// Those that may need it.
    late: Stage,
    fields: LimitFields,
    setup: RateLimitSetup,
    report: Report,
}

/// The places of limits that are met together.
#[derive(Debug, Clone)]
struct Stage {
    /// Those of this process.
    local: Range<usize>,
    /// Those that processes share.
    shared: Range<usize>,
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
        let mut all = limiters;
        let order = |limiter: &Arc<Limiter>| (limiter.limit().by().needs_identity(), limiter.is_shared());
        all.sort_by_key(order);
        let end = |last| all.partition_point(|limiter| order(limiter) <= last);
        let [local, early, late] = [(false, false), (false, true), (true, false)].map(end);
        let (early, late) =
            (Stage { local: 0..local, shared: local..early }, Stage { local: early..late, shared: late..all.len() });
        let fields = LimitFields::new(setup.headers, all.iter().map(|limiter| limiter.limit()));
        Self { limiters: all.into(), early, late, fields, setup, report }
    }

    /// The states of a request that no limit has counted yet.
    #[inline]
    pub(crate) fn states(&self) -> QuotaStates {
        // A limit behind `auth`, or one that processes share, may count in another future, which shares the states.
        if (self.limiters.len(), self.early.local.end) == (1, 1) { QuotaStates::None } else { QuotaStates::several() }
    }

    /// Whether this process has limits that need no identity.
    pub(crate) fn has_early(&self) -> bool {
        !self.early.local.is_empty()
    }

    /// Whether processes share limits that need no identity.
    pub(crate) fn has_early_shared(&self) -> bool {
        !self.early.shared.is_empty()
    }

    /// Whether this process has limits that may need the identity.
    pub(crate) fn has_late(&self) -> bool {
        !self.late.local.is_empty()
    }

    /// Whether processes share limits that may need the identity.
    pub(crate) fn has_late_shared(&self) -> bool {
        !self.late.shared.is_empty()
    }

    /// Counts a request in the limits of this process that need no identity. `at` is when it arrived, if that is known.
    #[inline]
    pub(crate) fn admit_early<B>(
        &self,
        request: &Request<B>,
        at: Option<Instant>,
        states: &mut QuotaStates,
    ) -> Result<LimitAdmission, Box<Response>> {
        self.admit(self.early.local.clone(), LimitedHead::of(request), at, states)
    }

    /// Counts a request in the shared limits that need no identity, after [`admit_early`](Self::admit_early).
    pub(crate) async fn admit_early_shared(
        &self,
        (head, waits): (LimitedHead<'_>, &RedisWaits),
        at: Option<Instant>,
        states: &mut QuotaStates,
    ) -> Result<LimitAdmission, Box<Response>> {
        self.admit_shared(&self.early, (head, waits), at, states).await
    }

    /// Counts a request in the other limits of this process.
    pub(crate) fn admit_late(&self, parts: &Parts, states: &mut QuotaStates) -> Result<LimitAdmission, Box<Response>> {
        self.admit(self.late.local.clone(), LimitedHead::of_parts(parts), None, states)
    }

    /// Counts a request in the other shared limits, after [`admit_late`](Self::admit_late).
    pub(crate) async fn admit_late_shared(
        &self,
        (parts, waits): (&Parts, &RedisWaits),
        states: &mut QuotaStates,
    ) -> Result<LimitAdmission, Box<Response>> {
        self.admit_shared(&self.late, (LimitedHead::of_parts(parts), waits), None, states).await
    }

    /// Counts a request in all limits, which are those of this process.
    pub(super) fn admit_all(&self, parts: &Parts, states: &mut QuotaStates) -> Result<LimitAdmission, Box<Response>> {
        self.admit(0..self.limiters.len(), LimitedHead::of_parts(parts), None, states)
    }

    /// Counts a request in all limits, which are shared.
    #[cfg(feature = "redis")]
    pub(super) async fn admit_all_shared(
        &self,
        (parts, waits): (&Parts, &RedisWaits),
        states: &mut QuotaStates,
    ) -> Result<LimitAdmission, Box<Response>> {
        let all = Stage { local: 0..0, shared: 0..self.limiters.len() };
        self.admit_shared(&all, (LimitedHead::of_parts(parts), waits), None, states).await
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
        let Some(first) = self.limiters.get(places.start) else { return Ok(LimitAdmission::Within) };
        let at = at.unwrap_or_else(|| first.clock().now());
        self.admit_after(places.start, places, (head, at), states)
    }

    /// Counts a request at `places`. The limits from `stage` on have counted it.
    #[inline]
    fn admit_after(
        &self,
        stage: usize,
        places: Range<usize>,
        (head, at): (LimitedHead<'_>, Instant),
        states: &mut QuotaStates,
    ) -> Result<LimitAdmission, Box<Response>> {
        let mut admission = LimitAdmission::Within;
        for place in places.clone() {
            let limiter = &self.limiters[place];
            let decision = limiter.take(self.key(limiter, head), at);
            states.set(place, decision.state);
            if decision.passes {
                continue;
            }
            if !limiter.limit().observes() {
                return Err(self.refuse(stage..places.end, place, (head, at), states));
            }
            limiter.log_observed(at);
            admission = LimitAdmission::Observed;
        }
        Ok(admission)
    }

    /// Counts a request in the shared limits of a stage, in one call of their server. If that cannot be used, or the
    /// request has waited long enough, this process counts.
    async fn admit_shared(
        &self,
        stage: &Stage,
        (head, waits): (LimitedHead<'_>, &RedisWaits),
        at: Option<Instant>,
        states: &mut QuotaStates,
    ) -> Result<LimitAdmission, Box<Response>> {
        let limiters = &self.limiters[stage.shared.clone()];
        // All have the same server: that of the app, or that of the layer.
        let Some((first, quotas)) = limiters.first().and_then(|first| Some((first, first.quotas()?))) else {
            return Ok(LimitAdmission::Within);
        };
        let at = at.unwrap_or_else(|| first.clock().now());
        let takes: Vec<_> =
            limiters.iter().filter_map(|limiter| limiter.shared_take(head, || self.address(head))).collect();
        match quotas.take(&takes, at, waits).await.filter(|decisions| decisions.len() == limiters.len()) {
            Some(decisions) => self.follow(stage, &decisions, (head, at), states),
            None => {
                limiters.iter().for_each(|limiter| limiter.count_fallback());
                self.admit_after(stage.local.start, stage.shared.clone(), (head, at), states)
            }
        }
    }

    /// Does what the server of shared limits has decided.
    fn follow(
        &self,
        stage: &Stage,
        decisions: &[SharedDecision],
        (head, at): (LimitedHead<'_>, Instant),
        states: &mut QuotaStates,
    ) -> Result<LimitAdmission, Box<Response>> {
        let limiters = || stage.shared.clone().map(|place| (place, &*self.limiters[place])).zip(decisions);
        let refused = limiters().position(|((_, limiter), decision)| !decision.passes && !limiter.limit().observes());
        let (mut admission, mut violated) = (LimitAdmission::Within, Vec::new());
        for (index, ((place, limiter), decision)) in limiters().enumerate() {
            let (state, observes) = (limiter.state_of(*decision), limiter.limit().observes());
            states.set(place, state);
            // Limits behind the one that refused have not counted the request.
            let is_reached = refused.is_none_or(|refused| index <= refused);
            match decision.passes {
                // Enforcing limits count no request that is refused.
                true if refused.is_none() || is_reached && observes => limiter.count_shared(true),
                false if is_reached => limiter.count_shared(false),
                _ => {}
            }
            if is_reached && !decision.passes && observes {
                limiter.log_observed(at);
                admission = LimitAdmission::Observed;
            }
            if refused.is_some_and(|refused| index >= refused) && state.remaining == 0 && !observes {
                violated.push((limiter, state.reset_seconds));
            }
        }
        let Some(refused) = refused else { return Ok(admission) };
        self.report.event(Event::RateLimited);
        for place in stage.local.clone() {
            let limiter = &*self.limiters[place];
            let key = self.key(limiter, head);
            if !limiter.limit().observes() {
                limiter.give_back(key);
            }
            states.set(place, limiter.look(key, at));
        }
        Err(refusal(&self.limiters[stage.shared.start + refused], &violated))
    }

    #[inline]
    fn key(&self, limiter: &Limiter, head: LimitedHead<'_>) -> u64 {
        limiter.key(head, || self.address(head))
    }

    /// The address of the client.
    #[inline]
    fn address(&self, head: LimitedHead<'_>) -> Option<IpAddr> {
        let address = match &self.setup.proxies {
            Some(proxies) => proxies.client(head.headers, head.extensions),
            None => ClientAddress::of(head.headers, head.extensions).map(|client| client.0),
        };
        if address.is_none() {
            self.warn();
        }
        address
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
                violated.push((limiter, state.reset_seconds));
            }
        }
        refusal(&self.limiters[refused], &violated)
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

/// The 429 (RFC 6585 §4) of the limit that `refused`. `violated` are all that are used up, with the seconds until one
/// more request passes.
fn refusal(refused: &Limiter, violated: &[(&Limiter, u32)]) -> Box<Response> {
    let longest = violated.iter().rev().max_by_key(|(_, seconds)| *seconds);
    let (limiter, seconds) = longest.copied().unwrap_or((refused, 1));
    let limit = limiter.limit();
    let violated: Vec<&str> = violated.iter().map(|(limiter, _)| limiter.limit().display_name()).collect();
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
    Box::new(response)
}

impl fmt::Debug for RateLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.limiters.iter().map(|limiter| limiter.limit())).finish()
    }
}
