//! Calls the handler, and stores its response if that is allowed.

use std::{future::Future, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use tower::ServiceExt;
use tower_service::Service;

use crate::{
    base::message::no_content::no_content,
    cache::{
        coalesce::{
            flight::Lead,
            outcome::{FailedFetch, FillOutcome, is_stale_if_error},
        },
        headers::status::{self, Fwd},
        http::{
            build_entry::{self, Fetched},
            future::BoxedResponse,
            policy::{HeadRequests, Policy},
            request::copy_request::copy_request,
            request::{cache_request::CacheRequest, outer_mark::OuterCacheMark},
            response::{
                conditional, revalidate,
                storable::{Received, Storability, Storing},
            },
            reuse,
        },
        store::{
            buffered_response::BufferedResponse, entry::Entry, lookup_result::Lookup, stored_response::StoredResponse,
        },
        validity::stamp::Stamp,
    },
    deadline,
    identity::SeenIdentity,
    observe::{Failure, FallbackResponse, ReplacesFailure},
    problem::Problem,
    route::{Audience, spelling::Spellings},
};

/// The parts of a request that stay the same, however often the store and the handler are called.
#[derive(Debug)]
pub(in crate::cache) struct Ctx {
    pub(in crate::cache) policy: Arc<Policy>,
    pub(in crate::cache) request: CacheRequest,
    /// Whether the client sent HEAD.
    pub(in crate::cache) head_only: bool,
}

/// The purpose of a call of the handler.
#[derive(Debug)]
pub(in crate::cache) struct FetchMode {
    /// Other requests wait for the outcome.
    lead: Option<Lead>,
    /// The handler receives the conditions of the client (`If-None-Match`), since no other request gets its response.
    keeps_client_conditions: bool,
    /// A client waits: the request is counted, and a stale response may replace a failure.
    has_client: bool,
}

impl FetchMode {
    /// For a client and the waiting requests.
    pub(in crate::cache) fn lead(lead: Lead) -> Self {
        Self { lead: Some(lead), keeps_client_conditions: false, has_client: true }
    }

    /// In the background.
    pub(in crate::cache) fn refresh(lead: Lead) -> Self {
        Self { lead: Some(lead), keeps_client_conditions: false, has_client: false }
    }

    /// For a client that does not accept the stored response.
    pub(in crate::cache) fn reload() -> Self {
        Self { lead: None, keeps_client_conditions: false, has_client: true }
    }

    /// For one client only.
    pub(in crate::cache) fn alone() -> Self {
        Self { lead: None, keeps_client_conditions: true, has_client: true }
    }
}

/// One call of the handler on behalf of the cache.
#[derive(Debug)]
pub(in crate::cache) struct Fetch {
    pub(in crate::cache) ctx: Ctx,
    /// The reason why the handler is called.
    pub(in crate::cache) reason: Fwd,
    /// The result of the lookup.
    pub(in crate::cache) found: Lookup,
}

impl Fetch {
    /// Calls the handler, stores its response if that is allowed, and reports the outcome to the waiting requests.
    pub(in crate::cache) fn run<S>(self, mut request: Request, inner: S, mode: FetchMode) -> BoxedResponse<S::Error>
    where
        S: Service<Request, Response = Response> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Send + 'static,
    {
        Box::pin(async move {
            let Ctx { policy, request: facts, head_only } = &self.ctx;
            if !mode.keeps_client_conditions {
                request.headers_mut().remove(header::IF_NONE_MATCH);
                request.headers_mut().remove(header::IF_MODIFIED_SINCE);
            }
            // The whole content is stored, and HEAD has no parts.
            request.headers_mut().remove(header::RANGE);
            request.headers_mut().remove(header::IF_RANGE);
            if policy.head_requests == HeadRequests::FetchAsGet {
                *request.method_mut() = Method::GET;
            }
            let can_validate = |stored: &&Arc<StoredResponse>| stored.reuse().can_be_validated;
            let stale = self.found.response().filter(can_validate).filter(|_| !mode.keeps_client_conditions).cloned();
            // The route's inner `timeout` has the same deadline and ends the handler. This one also ends the reading of
            // a body, and answers the waiting requests.
            let call = self.call(inner, request, (stale.as_deref(), mode.lead.as_ref()));
            let called = deadline::within(policy.deadline, call).await;
            let (answer, outcome) = match called {
                Some(Ok((response, outcome))) => (Ok(response), outcome),
                Some(Err(error)) => {
                    let problem = Problem::new(StatusCode::INTERNAL_SERVER_ERROR);
                    (Err(error), FillOutcome::failed(problem, Some(Failure::Service), self.stamp()))
                }
                None => {
                    let (response, outcome) = self.timed_out();
                    (Ok(response), outcome)
                }
            };
            let parts = &policy.cache.shared;
            let is_alone = matches!(outcome, FillOutcome::Alone);
            // A 304 answers the client's own condition, `no-store` is its own wish, and credentials forbid storage by
            // themselves: none of them tells whether the responses to others can be stored.
            let directives = &facts.directives;
            let is_not_modified = answer.as_ref().is_ok_and(|response| response.status() == StatusCode::NOT_MODIFIED);
            let is_of_request = is_not_modified || directives.control.no_store || directives.credentials;
            let is_of_fallback = answer.as_ref().is_ok_and(is_fallback);
            if !(is_alone && (is_of_request || is_of_fallback)) {
                parts.uncacheable.learn(facts.key(), &outcome, parts.clock.now());
            }
            let failed = answer.as_ref().map_or(true, |response| {
                is_fallback(response)
                    || matches!(outcome, FillOutcome::Failed(_)) && is_stale_if_error(response.status())
            });
            if let Some(lead) = mode.lead {
                lead.land(outcome);
            }
            if !mode.has_client {
                return answer;
            }
            let instead = if failed {
                reuse::stale_instead_of_failure(policy, facts, &self.found, *head_only).await
            } else {
                None
            };
            let mut response = match instead {
                Some(response) => response,
                None => {
                    if is_alone {
                        policy.stats.bypass();
                    } else {
                        policy.stats.miss();
                    }
                    let mut response = answer?;
                    policy.add_key_header(facts.key(), &mut response);
                    if *head_only {
                        remove_body(&mut response, policy.head_requests);
                    }
                    response
                }
            };
            if !mode.keeps_client_conditions {
                conditional::shorten(&mut response, facts.directives.conditions.as_ref(), &parts.clock);
            }
            Ok(response)
        })
    }

    /// The logical time before the handler was called.
    fn stamp(&self) -> Stamp {
        self.found.stamp()
    }

    /// Calls the handler, and stores its response if that is allowed. A `stale` response may still be current, so the
    /// request has its validators.
    #[allow(clippy::manual_async_fn, reason = "an `async fn` would hold its arguments twice")]
    fn call<S>(
        &self,
        mut inner: S,
        mut request: Request,
        (stale, lead): (Option<&StoredResponse>, Option<&Lead>),
    ) -> impl Future<Output = Result<(Response, FillOutcome), S::Error>>
    where
        S: Service<Request, Response = Response> + Clone,
    {
        async move {
            let Ctx { policy, request: facts, .. } = &self.ctx;
            let spellings = Spellings::default();
            let seen = SeenIdentity::default();
            request.extensions_mut().insert(spellings.clone());
            request.extensions_mut().insert(seen.clone());
            OuterCacheMark::set(&mut request, &policy.cache);
            let began = policy.cache.shared.clock.now();
            let mut unconditional = None;
            if let Some(stale) = stale {
                unconditional = Some(copy_request(&request));
                revalidate::add_validators(request.headers_mut(), stale);
            }
            let again = inner.clone();
            let mut response = inner.call(request).await?;
            let mut confirmed = None;
            if let (Some(stale), Some(request)) = (stale, unconditional)
                && response.status() == StatusCode::NOT_MODIFIED
                && !is_fallback(&response)
            {
                match revalidate::updated(stale, policy.overwritten, &response) {
                    Some(updated) => {
                        confirmed = Some(stale);
                        response = updated;
                    }
                    // The 304 confirms a response that is not stored here, or that cannot be read.
                    None => response = Box::pin(again.oneshot(request)).await?,
                }
            }
            let at = policy.cache.shared.clock.unix_time();
            let took = policy.cache.shared.clock.now().saturating_duration_since(began);
            let received = Received { at, took, credentials: facts.directives.credentials };
            let is_foreign = self.is_foreign(&seen);
            match policy.rules.storability(&response, received) {
                _ if facts.directives.control.no_store && !response.status().is_server_error() => {
                    Ok(self.not_stored(response, "the client forbids it"))
                }
                Storability::Failure => Ok(self.failed(response, is_foreign).await),
                Storability::Store(_) | Storability::Forbidden(_) if is_foreign => {
                    Ok(self.not_stored(response, "the handler saw an identity that is not part of the key"))
                }
                Storability::Store(storing) => {
                    Ok(self.store(response, &storing, (&spellings, confirmed, lead), at).await)
                }
                Storability::Forbidden(why) => {
                    // A 304 to the client's own condition does not replace the stale response.
                    if response.status() != StatusCode::NOT_MODIFIED {
                        self.remove_stale(lead).await;
                    }
                    Ok(self.not_stored(response, why))
                }
            }
        }
    }

    /// Whether the handler extracted an identity that the key does not contain, because an inner layer has set it.
    fn is_foreign(&self, seen: &SeenIdentity) -> bool {
        let Ctx { policy, request, .. } = &self.ctx;
        let may_differ = policy.audience == Some(Audience::Everyone) || request.directives.credentials;
        !may_differ && seen.get().is_some_and(|seen| request.identity.as_ref() != Some(&seen))
    }

    /// Removes the stale response, because the handler has answered with another one that is not a failure (RFC 5861
    /// §3, §4). A response to credentials does not replace one that is shared by all.
    async fn remove_stale(&self, lead: Option<&Lead>) {
        let Ctx { policy, request, .. } = &self.ctx;
        if let Lookup::Stale(stale, stamp) = &self.found
            && !request.directives.credentials
            && !lead.is_some_and(Lead::is_replaced)
        {
            let parts = &policy.cache.shared;
            policy.store.remove(stale.key(), *stamp, parts.clock.now(), &request.waits).await;
        }
    }

    async fn store(
        &self,
        response: Response,
        storing: &Storing,
        (spellings, confirmed, lead): (&Spellings, Option<&StoredResponse>, Option<&Lead>),
        at: Duration,
    ) -> (Response, FillOutcome) {
        let Ctx { policy, request: facts, .. } = &self.ctx;
        let (mut response, body) = read_body(response, policy.rules.max_body).await;
        let Some(body) = body else {
            if response.status().is_server_error() {
                status::mark_failed(&mut response, self.reason);
                let problem = Problem::new(response.status());
                return (response, FillOutcome::failed(problem, Some(Failure::Body), self.stamp()));
            }
            self.remove_stale(lead).await;
            status::mark_bypass(&mut response, self.reason);
            return (response, FillOutcome::Alone);
        };
        let parts = &policy.cache.shared;
        let (inherited, now) = (confirmed.map(StoredResponse::tags).unwrap_or_default(), parts.clock.now());
        let stamp = self.stamp();
        let variants = facts.variants(&policy.store, &storing.vary, (stamp, now)).await;
        let variants = variants.as_deref();
        let fetched = Fetched { body: &body, storing, variants, stamp, spellings, inherited, now, at };
        let to_store = build_entry::build(policy, facts, &mut response, &fetched);
        // The response of a flight that was replaced is invalid, and must not replace a newer one.
        if !lead.is_some_and(Lead::is_replaced) {
            if let Some(variants) = to_store.variants {
                policy.store.put_or_warn(Entry::from(variants), &facts.waits).await;
            }
            let entry = Entry::Response(Arc::clone(&to_store.response));
            if policy.store.put_or_warn(entry, &facts.waits).await {
                policy.stats.set();
            }
        }
        status::mark_stored(&mut response, self.reason, confirmed.is_some());
        (response, FillOutcome::Stored(to_store.response))
    }

    /// The outcome of a response for this client only.
    fn not_stored(&self, mut response: Response, why: &'static str) -> (Response, FillOutcome) {
        let Ctx { policy, request: facts, .. } = &self.ctx;
        tracing::debug!(path = policy.template, why, "a response is not stored");
        let fwd = if facts.directives.credentials { Fwd::Bypass } else { self.reason };
        status::mark_bypass(&mut response, fwd);
        (response, FillOutcome::Alone)
    }

    /// The outcome of a failure. If it `is_foreign`, the waiting requests receive only its status.
    async fn failed(&self, response: Response, is_foreign: bool) -> (Response, FillOutcome) {
        let rules = &self.ctx.policy.rules;
        let is_shared = !is_foreign && rules.may_share(&response);
        let (mut response, body) = read_body(response, rules.max_body).await;
        let is_fallback = is_fallback(&response);
        let outcome = match body.filter(|_| is_shared) {
            Some(body) => {
                let buffered = BufferedResponse::new(response.status(), response.headers(), &body);
                let buffered = buffered.with_extensions(response.extensions());
                FillOutcome::Failed(Arc::new(FailedFetch::new(buffered, self.stamp(), is_fallback)))
            }
            // The handler has failed once. The waiting requests do not all call it to learn the same.
            None if is_fallback && response.extensions().get::<ReplacesFailure>().is_some() => {
                let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE);
                FillOutcome::failed(problem, None, self.stamp())
            }
            // A fallback builds its own response for each request, and calls no handler.
            None if is_fallback => FillOutcome::Alone,
            // The waiting requests only receive the status.
            None => {
                let failure = response.extensions().get().copied();
                FillOutcome::failed(Problem::new(response.status()), failure, self.stamp())
            }
        };
        status::mark_failed(&mut response, self.reason);
        (response, outcome)
    }

    fn timed_out(&self) -> (Response, FillOutcome) {
        let response = timed_out(&self.ctx.policy, self.reason);
        (response, FillOutcome::failed(deadline::problem(), Some(Failure::Timeout), self.stamp()))
    }
}

/// The 504 of a request whose time has expired.
pub(in crate::cache) fn timed_out(policy: &Policy, reason: Fwd) -> Response {
    tracing::warn!(path = policy.template, limit = ?policy.deadline, "a response for the cache took too long");
    let mut response = deadline::timed_out(&policy.report);
    status::mark_failed(&mut response, reason);
    response
}

/// Whether a response comes from a fallback, and not from the handler.
fn is_fallback(response: &Response) -> bool {
    response.extensions().get::<FallbackResponse>().is_some()
}

/// Reads a body of known length. `None` if it is longer than `most` or than it announced, or has trailers. If reading
/// fails, the response becomes a 500, since the head has not been sent yet.
async fn read_body(response: Response, most: u64) -> (Response, Option<Bytes>) {
    let Some(length) = response.body().size_hint().exact().filter(|length| *length <= most) else {
        return (response, None);
    };
    let (parts, body) = response.into_parts();
    // One byte beyond the announced length shows that the body is too long.
    let limit = usize::try_from(length).map_or(usize::MAX, |length| length.saturating_add(1));
    match Limited::new(body, limit).collect().await {
        Ok(collected) => {
            if collected.trailers().is_some() {
                return (Response::from_parts(parts, Body::new(collected)), None);
            }
            let bytes = collected.to_bytes();
            let stored = (bytes.len() as u64 == length).then(|| bytes.clone());
            (Response::from_parts(parts, Body::from(bytes)), stored)
        }
        Err(error) => {
            let mut response = Problem::internal(error).into_response();
            response.extensions_mut().insert(Failure::Body);
            (response, None)
        }
    }
}

/// Reduces a response to its head (RFC 9110 §9.3.2). The empty body of a HEAD route does not show the length of the
/// content.
fn remove_body(response: &mut Response, head_requests: HeadRequests) {
    let says_nothing = head_requests != HeadRequests::FetchAsGet || response.status() == StatusCode::NO_CONTENT;
    if let Some(length) = response.body().size_hint().exact().filter(|length| *length > 0 || !says_nothing) {
        response.headers_mut().entry(header::CONTENT_LENGTH).or_insert(length.into());
    }
    *response.body_mut() = no_content();
}
