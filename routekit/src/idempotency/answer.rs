//! What is done with a request that has a key.

use std::{error::Error, future::Future, sync::Arc};

use axum::{
    RequestExt,
    extract::{MatchedPath, Request},
    response::Response,
};
use bytes::Bytes;
use http::request::Parts;
use http_body_util::{BodyExt, LengthLimitError};

use super::{
    detachable_run::DetachableRun,
    held_claim::{HeldClaim, warn},
    key::IdempotencyKey,
    record::{ClaimRecord, Fingerprint},
    refusals,
    settings::IdempotencySettings,
};
use crate::{
    cache::{ClaimOutcome, Key},
    identity::Identity,
    observe::{Event, Exchange, LateResponse, RunningPermit, TracedRequest, make_room},
};

impl IdempotencySettings {
    /// The key of a request that has one.
    pub(super) fn admit(&self, request: &Request) -> Result<Option<IdempotencyKey>, Box<Response>> {
        if request.method().is_safe() {
            return Ok(None);
        }
        let refusal = match IdempotencyKey::of(request.headers()) {
            Ok(None) if self.required => refusals::missing(),
            Ok(key) => return Ok(key),
            Err(_) => refusals::malformed(),
        };
        self.report.event(Event::IdempotencyKeyInvalid);
        Err(Box::new(refusal))
    }

    /// Answers a request that has a key: with the stored response, with a refusal, or with that of the handler.
    pub(super) async fn answer<F, E>(
        self: Arc<Self>,
        key: IdempotencyKey,
        request: Request,
        call: impl FnOnce(Request) -> F + Send + 'static,
    ) -> Result<Response, E>
    where
        F: Future<Output = Result<Response, E>> + Send,
        E: Send + 'static,
    {
        let traced = match request.extensions().get::<Exchange>() {
            Some(exchange) => exchange.traced().clone(),
            None => TracedRequest::default(),
        };
        let (mut parts, body) = match read_body(request).await {
            Ok(read) => read,
            Err(refusal) => {
                traced.answers("idempotency", "body_refused", refusal.status());
                return Ok(refusal);
            }
        };
        let claim_key = self.claim_key(&parts, &key);
        let waits = self.cache.waits_of(&mut parts.extensions);
        let fingerprint = Fingerprint::of(&parts, &body);
        let record = ClaimRecord::running(fingerprint);
        let held = match self.cache.claim(&claim_key, record.clone(), self.lease, &waits).await {
            Ok(ClaimOutcome::Won) => HeldClaim::new(Arc::clone(&self), claim_key, (fingerprint, record), waits),
            Ok(ClaimOutcome::Taken(record)) => return Ok(self.repeat(&record, fingerprint, &traced)),
            Ok(ClaimOutcome::Full) => {
                tracing::warn!("there is no room for an idempotency key; `idempotency.claim_bytes` bounds them");
                return Ok(self.refuse(Event::IdempotencyUnavailable, refusals::unavailable(), ("full", &traced)));
            }
            Err(error) => {
                warn(&error, "an idempotency key is not claimed");
                return Ok(self.refuse(Event::IdempotencyUnavailable, refusals::unavailable(), ("failed", &traced)));
            }
        };
        traced.passes("idempotency", "claimed");
        let held = Arc::new(held);
        // Whatever continues without the request has the claim, too.
        let (outer, shared) = (RunningPermit::of(&parts.extensions), Arc::clone(&held));
        let late = Arc::clone(&held);
        make_room(&mut parts.extensions);
        parts.extensions.insert(RunningPermit::new((outer, shared)));
        parts.extensions.insert(LateResponse::new(move |response| {
            let late = Arc::clone(&late);
            async move { drop(late.keep(response).await) }
        }));
        let run = async move {
            let response = call(Request::from_parts(parts, body.into()));
            let kept = async {
                match response.await {
                    Ok(response) => Ok(held.keep(response).await),
                    Err(error) => Err(error),
                }
            };
            let answer = held.renewed_during(kept).await;
            held.release().await;
            answer
        };
        DetachableRun::new(run, &self).await
    }

    /// Answers a request whose key has a record.
    fn repeat(&self, record: &Bytes, fingerprint: Fingerprint, traced: &TracedRequest) -> Response {
        match ClaimRecord::read(record) {
            None => {
                tracing::warn!("the record of an idempotency key is not of this version of routekit");
                self.refuse(Event::IdempotencyUnavailable, refusals::unavailable(), ("failed", traced))
            }
            Some(record) if record.fingerprint != fingerprint => {
                self.refuse(Event::IdempotencyMismatch, refusals::mismatch(), ("mismatch", traced))
            }
            Some(ClaimRecord { response: None, .. }) => {
                self.refuse(Event::IdempotencyConflict, refusals::in_progress(), ("in_progress", traced))
            }
            Some(ClaimRecord { response: Some(stored), .. }) => {
                self.refuse(Event::IdempotentReplay, refusals::replay(&stored), ("replayed", traced))
            }
        }
    }

    /// Reports a response in place of the handler's.
    fn refuse(&self, event: Event, response: Response, (decision, traced): (&'static str, &TracedRequest)) -> Response {
        self.report.event(event);
        traced.answers("idempotency", decision, response.status());
        response
    }

    /// Keys of different routes and callers differ. Requests without an identity share theirs.
    fn claim_key(&self, parts: &Parts, key: &IdempotencyKey) -> Key {
        let matched = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
        let route = match &self.route {
            Some(route) => route.clone(),
            None => format!("{} {matched}", parts.method),
        };
        let identity = parts.extensions.get::<Identity>();
        let (sub, issuer) = (identity.map(Identity::sub), identity.and_then(Identity::issuer));
        // An empty list of parts is no identity, so an empty `sub` is another.
        let kind = [u8::from(sub.is_some()), u8::from(issuer.is_some())];
        self.cache.claim_key(&[
            route.as_bytes(),
            &kind,
            sub.unwrap_or_default().as_bytes(),
            issuer.unwrap_or_default().as_bytes(),
            key.as_str().as_bytes(),
        ])
    }
}

/// Reads the body, up to the limit that applies to the request.
async fn read_body(request: Request) -> Result<(Parts, Bytes), Response> {
    let (parts, body) = request.with_limited_body().into_parts();
    match body.collect().await {
        Ok(body) => Ok((parts, body.to_bytes())),
        Err(error) => Err(refusals::unread_body(is_too_large(&error))),
    }
}

fn is_too_large(error: &axum::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return true;
        }
        cause = error.source();
    }
    false
}
