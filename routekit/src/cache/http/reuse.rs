//! Decides whether a stored response satisfies a request (RFC 9111 §4, RFC 5861), and serves it.

use std::time::Instant;

use axum::response::Response;

use crate::{
    cache::{
        headers::{
            RequestControl,
            status::{self, Because, Fwd},
        },
        http::{policy::Policy, request::cache_request::CacheRequest},
        store::{compressed::recipient::Recipient, lookup_result::Lookup, stored_response::StoredResponse},
    },
    observe::{CacheOutcome, Event},
};

/// The decision about a request.
#[derive(Debug)]
pub(in crate::cache) enum Decision<'a> {
    /// This response is fresh and is served.
    Fresh(&'a StoredResponse),
    /// This response is stale, but is served.
    Stale(&'a StoredResponse, Because),
    /// The handler is called.
    Fetch(Fwd),
    /// The client accepts only a stored response, and none satisfies it.
    Refuse,
}

/// Decides by the result of the lookup, at the time `now`.
pub(in crate::cache) fn decide<'a>(found: &'a Lookup, control: &RequestControl, now: Instant) -> Decision<'a> {
    let decision = match found.response() {
        Some(response) => decide_for(response, control, now),
        None => Decision::Fetch(Fwd::UriMiss),
    };
    match decision {
        Decision::Fetch(_) if control.only_if_cached => Decision::Refuse,
        decision => decision,
    }
}

fn decide_for<'a>(response: &'a StoredResponse, control: &RequestControl, now: Instant) -> Decision<'a> {
    let too_old = control.max_age.is_some_and(|max_age| response.age(now) > max_age);
    let too_short = control.min_fresh.is_some_and(|min_fresh| response.ttl(now) < min_fresh);
    let refused = control.no_cache || too_old;
    if response.is_fresh(now) {
        return if refused || too_short { Decision::Fetch(Fwd::Request) } else { Decision::Fresh(response) };
    }
    if refused {
        return Decision::Fetch(Fwd::Request);
    }
    let reuse = response.reuse();
    let stale_for = response.stale_for(now);
    if !too_short && stale_for < reuse.stale_while_revalidate {
        return Decision::Stale(response, Because::Revalidating);
    }
    if !reuse.must_revalidate && control.max_stale.is_some_and(|max_stale| stale_for <= max_stale) {
        return Decision::Stale(response, Because::Asked);
    }
    Decision::Fetch(Fwd::Stale)
}

/// Serves a fresh response. `None` if it is damaged. Its outcome is not recorded, since an extension would cost more
/// than the rest of a hit.
pub(in crate::cache) fn fresh(
    policy: &Policy,
    response: &StoredResponse,
    now: Instant,
    to: Recipient<'_>,
) -> Option<Response> {
    let response = response.give(now, to)?;
    policy.report.event(Event::CacheHit);
    policy.stats.hit();
    Some(response)
}

/// Serves a stale response. `None` if it is damaged.
pub(in crate::cache) fn stale(
    policy: &Policy,
    response: &StoredResponse,
    (now, because): (Instant, Because),
    to: Recipient<'_>,
) -> Option<Response> {
    let response = response.give_stale(now, to, because)?;
    policy.stats.stale();
    policy.report.event(Event::CacheStale);
    Some(status::with_outcome(response, CacheOutcome::Stale))
}

/// Serves a stale response in place of a failure, if that is allowed (RFC 5861 §4) and no invalidation covers it.
pub(in crate::cache) async fn stale_instead_of_failure(
    policy: &Policy,
    request: &CacheRequest,
    found: &Lookup,
    head_only: bool,
) -> Option<Response> {
    let (response, now) = (found.response()?, policy.cache.shared.clock.now());
    let reuse = response.reuse();
    let limit = if reuse.must_revalidate {
        reuse.stale_if_error
    } else {
        request.directives.stale_if_error(reuse.stale_if_error)
    };
    // The lookup found a response that is fresh, or rejected by `no-cache`: the client requires a newer one.
    if request.directives.control.no_cache
        || response.stale_for(now) >= limit
        || !policy.store.is_valid(response, &request.waits).await
    {
        return None;
    }
    let to = Recipient { head_only, headers: &request.headers };
    let response = stale(policy, response, (now, Because::Failed), to)?;
    tracing::warn!(path = policy.template, "the handler failed; a stale response is served instead");
    Some(response)
}
