//! Serves a request that is not a plain hit: from the store, by waiting for another request, or by calling the handler.

use std::{future::Future, sync::Arc};

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use tower_service::Service;
use tracing::Instrument;

use crate::{
    base::redis_waits::RedisWaits,
    cache::{
        backend::{self, TurnAtKey},
        coalesce::{
            detach::Detachable,
            flight::{Boarding, Lead, Role, landed},
            outcome::{FailedFetch, FillOutcome},
            patience::Patience,
        },
        headers::status::{self, Because, Fwd},
        http::{
            build_entry,
            fetch::{Ctx, Fetch, FetchMode, timed_out},
            future::BoxedResponse,
            policy::HeadRequests,
            request::{copy_request::copy_request, outer_mark::OuterCacheMark},
            response::conditional,
            reuse::{self, Decision, decide},
        },
        store::{
            compressed::recipient::Recipient, contract::StoreError, lookup_result::Lookup,
            stored_response::StoredResponse,
        },
        validity::stamp::Stamp,
    },
    observe::CacheOutcome,
    problem::Problem,
};

/// A request that waits for its response.
pub(in crate::cache) struct Miss<S> {
    pub(in crate::cache) ctx: Ctx,
    pub(in crate::cache) request: Request,
    pub(in crate::cache) inner: S,
}

impl<S> Miss<S>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send + 'static,
{
    /// Answers the request. `found` is the lookup of the base key, if it was already done.
    pub(in crate::cache) fn respond(mut self, found: Option<Lookup>) -> BoxedResponse<S::Error> {
        Box::pin(async move {
            let policy = Arc::clone(&self.ctx.policy);
            let cache = &policy.cache;
            let found = match found {
                Some(found) => self.ctx.request.select(&policy.store, found).await,
                None => self.ctx.request.lookup(&policy.store).await,
            };
            let mut found = match found {
                Ok(found) => found,
                Err(error) => return self.without_store(&error).await,
            };
            let began = found.stamp();
            let mut patience = Patience::new(policy.deadline);
            loop {
                let reason = match self.answer_from_store(&found) {
                    Ok(response) => return Ok(response),
                    Err(reason) => reason,
                };
                if self.ctx.head_only && policy.head_requests == HeadRequests::FromGetOnly {
                    return self.bypass().await;
                }
                let directives = &self.ctx.request.directives;
                // The handler may have parts of what is too large to be stored.
                if directives.range.is_some() && policy.honour_client_directives {
                    OuterCacheMark::set(&mut self.request, cache);
                    return self.bypass().await;
                }
                if directives.credentials || directives.control.no_store {
                    return self.fetch(FetchMode::alone(), reason, found).await;
                }
                if reason == Fwd::Request {
                    return self.fetch(FetchMode::reload(), reason, found).await;
                }
                if cache.shared.uncacheable.is_set(self.ctx.request.key(), cache.shared.clock.now()) {
                    return self.alone().await;
                }
                found = match board(&self.ctx, (began, found.stamp()), patience.failure()).await {
                    Role::Alone => return self.alone().await,
                    Role::Lead(lead) => return self.lead(lead, (reason, found), patience).await,
                    Role::Join(outcome) => match patience.wait(landed(outcome)).await {
                        None => return Ok(timed_out(&policy, reason)),
                        Some(Some(FillOutcome::Stored(stored)))
                            if stored.key() == self.ctx.request.key()
                                && policy.store.may_share(&stored, began, &self.ctx.request.waits).await =>
                        {
                            let Some(response) = stored.join(self.recipient(), reason.collapsed()) else {
                                return self.alone().await;
                            };
                            policy.stats.miss();
                            return Ok(self.finish(status::with_outcome(response, CacheOutcome::Stored)));
                        }
                        Some(Some(FillOutcome::Failed(failure)))
                            if failure.stamp >= began && !patience.allows_another_fetch(&failure) =>
                        {
                            let Ctx { request, head_only, .. } = &self.ctx;
                            let stale = match failure.allows_stale() {
                                true => reuse::stale_instead_of_failure(&policy, request, &found, *head_only).await,
                                false => None,
                            };
                            return Ok(match stale {
                                Some(response) => self.finish(response),
                                None => self.shared_failure(&failure, reason),
                            });
                        }
                        Some(Some(FillOutcome::Alone)) => return self.alone().await,
                        // The outcome is older than an invalidation that this request must see, or for another variant,
                        // or a failure that this request may not meet.
                        Some(Some(FillOutcome::Stored(_) | FillOutcome::Failed(_) | FillOutcome::Error(..)) | None) => {
                            match self.ctx.request.lookup(&policy.store).await {
                                Ok(found) => found,
                                Err(error) => return self.without_store(&error).await,
                            }
                        }
                    },
                };
            }
        })
    }

    /// Fetches for all requests that wait, if the response is not there.
    #[allow(clippy::manual_async_fn, reason = "an `async fn` would hold its arguments twice")]
    fn lead(
        mut self,
        mut lead: Lead,
        (reason, before): (Fwd, Lookup),
        mut patience: Patience,
    ) -> impl Future<Output = Result<Response, S::Error>> + Send {
        async move {
            let policy = Arc::clone(&self.ctx.policy);
            let first = self.ctx.request.key().clone();
            let mut found;
            // A second time if the responses turn out to vary: then each variant has a turn.
            let mut attempts = 2;
            loop {
                attempts -= 1;
                let key = self.ctx.request.key().clone();
                let turn = policy.store.turn(&key, policy.deadline, &self.ctx.request.waits);
                let Some(TurnAtKey { turn, missing, has_waited }) = patience.wait(turn).await else {
                    return Ok(timed_out(&policy, reason));
                };
                lead.set_turn(turn);
                if has_waited {
                    patience.limit();
                }
                found = match missing {
                    Some(stamp) => Ok(Lookup::Miss(stamp)),
                    // The request, or the process, that led before may have ended since the lookup.
                    None => self.ctx.request.lookup(&policy.store).await,
                };
                let is_other_variant = matches!(found, Ok(Lookup::Miss(_))) && *self.ctx.request.key() != key;
                if !is_other_variant || attempts == 0 {
                    break;
                }
            }
            // The next one of the others would only find out, too. What the lookup before has found still counts, but
            // not for another variant.
            if found.as_ref().is_err_and(StoreError::is_no_answer) {
                found = Ok(if *self.ctx.request.key() == first { before } else { Lookup::Miss(before.stamp()) });
            }
            match found {
                Ok(found) => match self.answer_from_store(&found) {
                    Ok(response) => {
                        if let Lookup::Hit(stored, _) = &found {
                            lead.land(FillOutcome::Stored(Arc::clone(stored)));
                        }
                        Ok(response)
                    }
                    Err(reason) => {
                        let fetch = self.fetch(FetchMode::lead(lead), reason, found);
                        let fetch = Detachable::new(fetch, &policy.background.abandoned);
                        patience.wait(fetch).await.unwrap_or_else(|| Ok(timed_out(&policy, reason)))
                    }
                },
                Err(error) => {
                    // No request must wait for an outcome that never comes.
                    drop(lead);
                    self.without_store(&error).await
                }
            }
        }
    }

    /// Returns the response, if a stored one satisfies the request or `only-if-cached` forbids a fetch; otherwise the
    /// reason to call the handler.
    fn answer_from_store(&self, found: &Lookup) -> Result<Response, Fwd> {
        let Ctx { policy, request, .. } = &self.ctx;
        let now = policy.cache.shared.clock.now();
        match decide(found, &request.directives.control, now) {
            Decision::Fresh(stored) => {
                let response = reuse::fresh(policy, stored, now, self.recipient()).ok_or_else(|| self.damaged())?;
                self.part(status::with_outcome(response, CacheOutcome::Hit), stored)
            }
            Decision::Stale(_, Because::Revalidating) if !self.can_refresh() => Err(Fwd::Stale),
            Decision::Stale(stored, because) => {
                if because == Because::Revalidating {
                    self.refresh(found);
                }
                let response = reuse::stale(policy, stored, (now, because), self.recipient());
                self.part(response.ok_or_else(|| self.damaged())?, stored)
            }
            Decision::Refuse => Ok(self.refused()),
            Decision::Fetch(Fwd::UriMiss) if !request.varying.is_empty() => Err(Fwd::VaryMiss),
            Decision::Fetch(reason) => Err(reason),
        }
    }

    /// The client, as far as the form of its response depends on it.
    fn recipient(&self) -> Recipient<'_> {
        Recipient { head_only: self.ctx.head_only, headers: &self.ctx.request.headers }
    }

    /// Why the handler is called if a stored response cannot be decompressed.
    fn damaged(&self) -> Fwd {
        tracing::warn!(path = self.ctx.policy.template, "a stored response is damaged; the handler is called instead");
        Fwd::UriMiss
    }

    /// Whether the stored response can be refreshed in the background. The inner service may answer HEAD differently
    /// from GET.
    fn can_refresh(&self) -> bool {
        let Ctx { policy, head_only, .. } = &self.ctx;
        policy.cache.shared.spawner.is_some() && !(*head_only && policy.head_requests == HeadRequests::FromGetOnly)
    }

    /// Refreshes the stored response in the background, unless another request does so (RFC 5861 §3).
    fn refresh(&self, found: &Lookup) {
        let Ctx { policy, request, .. } = &self.ctx;
        let cache = &policy.cache;
        // The last response could not be stored, and probably the next one cannot be either.
        if cache.shared.uncacheable.is_set(request.key(), cache.shared.clock.now()) {
            return;
        }
        let tags = || build_entry::known_tags(policy, request);
        let Some(lead) = cache.shared.flights.lead(request.key(), found.stamp(), tags) else { return };
        let mut again = Self {
            ctx: Ctx { policy: Arc::clone(policy), request: request.without_client(), head_only: false },
            request: copy_request(&self.request),
            inner: self.inner.clone(),
        };
        again.request.extensions_mut().remove::<RedisWaits>();
        let span = tracing::info_span!(parent: None, "cache refresh", path = policy.template);
        if policy.background.refreshes.run(again.refresh_unless_fresh(lead).instrument(span)) {
            policy.stats.refresh();
        }
    }

    /// Fetches, unless another request has stored a fresh response in the meantime. The waiting requests have received
    /// the errors by then.
    async fn refresh_unless_fresh(mut self, mut lead: Lead) {
        let policy = Arc::clone(&self.ctx.policy);
        // Another process refreshes it.
        let Some(turn) = policy.store.turn_now(self.ctx.request.key()).await else { return };
        lead.set_turn(turn);
        match self.ctx.request.lookup(&policy.store).await {
            Ok(Lookup::Hit(stored, _)) => lead.land(FillOutcome::Stored(stored)),
            Ok(found) => drop(self.fetch(FetchMode::refresh(lead), Fwd::Stale, found).await),
            Err(error) => backend::warn(&error),
        }
    }

    /// Adapts a response that is or was just stored to the request of the client.
    fn finish(&self, mut response: Response) -> Response {
        let Ctx { policy, request, .. } = &self.ctx;
        conditional::shorten(&mut response, request.directives.conditions.as_ref(), &policy.cache.shared.clock);
        response
    }

    /// A stored response, or the part of it that the client asks for. Conditions come first (RFC 9110 §13.2.2).
    fn part(&self, response: Response, stored: &StoredResponse) -> Result<Response, Fwd> {
        let mut response = self.finish(response);
        if let Some(range) = &self.ctx.request.directives.range {
            let content = stored.plain_body().ok_or_else(|| self.damaged())?;
            conditional::take_part(&mut response, &content, range);
        }
        Ok(response)
    }

    /// The failure of the handler for another request.
    fn shared_failure(&self, failure: &FailedFetch, reason: Fwd) -> Response {
        let Ctx { policy, request, head_only } = &self.ctx;
        let mut response = failure.response.respond(*head_only);
        status::mark_collapsed_failure(&mut response, reason);
        policy.stats.miss();
        policy.add_key_header(request.key(), &mut response);
        response
    }

    /// The response to `only-if-cached` if no stored response satisfies the request (RFC 9111 §5.2.1.7).
    fn refused(&self) -> Response {
        let detail = "no stored response satisfies the request, which is `only-if-cached`";
        let mut response = Problem::new(StatusCode::GATEWAY_TIMEOUT).with_detail(detail).into_response();
        let reason = if self.ctx.request.varying.is_empty() { Fwd::UriMiss } else { Fwd::VaryMiss };
        status::mark_only_if_cached(&mut response, reason);
        self.ctx.policy.stats.miss();
        response
    }

    /// Calls the handler, because the store cannot be reached.
    fn without_store(self, error: &StoreError) -> BoxedResponse<S::Error> {
        backend::warn(error);
        self.bypass()
    }

    fn bypass(mut self) -> BoxedResponse<S::Error> {
        self.ctx.policy.stats.bypass();
        let call = self.inner.call(self.request);
        Box::pin(async move {
            let mut response = call.await?;
            status::mark_bypass(&mut response, Fwd::Bypass);
            Ok(response)
        })
    }

    /// Fetches for this request only, beside others that do the same.
    async fn alone(mut self) -> Result<Response, S::Error> {
        let policy = Arc::clone(&self.ctx.policy);
        match self.ctx.request.lookup(&policy.store).await {
            Ok(found) => match self.answer_from_store(&found) {
                Ok(response) => Ok(response),
                Err(reason) => self.fetch(FetchMode::alone(), reason, found).await,
            },
            Err(error) => self.without_store(&error).await,
        }
    }

    fn fetch(self, mode: FetchMode, reason: Fwd, found: Lookup) -> BoxedResponse<S::Error> {
        let Self { ctx, request, inner } = self;
        Fetch { ctx, reason, found }.run(request, inner, mode)
    }
}

/// Whether a request that began at the stamp `began` fetches, or waits for another one. It may have waited for a fetch
/// that failed.
async fn board(ctx: &Ctx, (began, looked_up): (Stamp, Stamp), failure: Option<Arc<FailedFetch>>) -> Role {
    let Ctx { policy, request, .. } = ctx;
    let (parts, key) = (&policy.cache.shared, request.key());
    let tags = || build_entry::known_tags(policy, request);
    match failure {
        Some(failure) => parts.flights.board_after(&failure, key, looked_up, tags),
        None => {
            let boarding = Boarding { began, looked_up, now: parts.clock.now(), waits: &request.waits };
            parts.flights.board(&policy.store, key, boarding, tags).await
        }
    }
}
