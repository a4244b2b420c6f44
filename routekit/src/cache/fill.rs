//! What happens to a request that missed.

use std::sync::Arc;

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode, header};
use tower_service::Service;

use super::{
    Cache, Entry, Lookup, Snapshot, Stamp, StoreError,
    body::{read, strip},
    detachable::Detachable,
    flight::{Lead, Outcome, Role, landed},
    judge::Verdict,
    policy::{Asked, BYPASS, Head, MISS, Policy, X_CACHE},
    within::within,
};
use crate::{
    observe::{Event, Failure},
    problem::Problem,
    route::spelling::Spellings,
};

/// A request that has to be answered by the handler, or by what the handler answers somebody else.
pub(super) struct Missed<S> {
    pub(super) policy: Arc<Policy>,
    pub(super) asked: Asked,
    /// Whether only the head was asked for.
    pub(super) head: bool,
    pub(super) request: Request,
    pub(super) inner: S,
}

impl<S> Missed<S>
where
    S: Service<Request, Response = Response> + Send + 'static,
    S::Future: Send,
    S::Error: Send + 'static,
{
    /// Answers it; `looked` is what the store had, if it was asked already.
    pub(super) async fn answer(self, looked: Option<Lookup>) -> Result<Response, S::Error> {
        let policy = Arc::clone(&self.policy);
        let cache = &policy.cache;
        // Not a method, which would hold the whole request, whose body other threads cannot look at.
        let look = || cache.lookup(&self.asked.key);
        let looked = match looked {
            Some(looked) => Ok(looked),
            None => look().await,
        };
        let began = match looked {
            Ok(Lookup::Hit(entry)) => return Ok(self.hit(&entry)),
            Ok(Lookup::Stale(_, stamp) | Lookup::Miss(stamp)) => stamp,
            Err(error) => return self.pass(&error).await,
        };
        loop {
            if cache.is_marked(&self.asked.key) {
                return self.alone().await;
            }
            match cache.board(&self.asked.key, began) {
                Role::Alone => return self.alone().await,
                // Whoever led before has perhaps landed since we looked.
                Role::Lead(lead) => match look().await {
                    Ok(Lookup::Hit(entry)) => {
                        lead.land(Outcome::Stored(Arc::clone(&entry)));
                        return Ok(self.hit(&entry));
                    }
                    Ok(Lookup::Stale(_, stamp) | Lookup::Miss(stamp)) => {
                        let fill = self.fill(Some(lead), stamp);
                        return Detachable::new(fill, cache.clone()).await;
                    }
                    Err(error) => {
                        // Nobody is to wait for what will not be told.
                        drop(lead);
                        return self.pass(&error).await;
                    }
                },
                Role::Join(outcome) => match landed(outcome).await {
                    Some(Outcome::Stored(entry)) if may_take(cache, &entry, began).await => {
                        return Ok(self.joined(entry.answer()));
                    }
                    Some(Outcome::Failed(answer, stamp)) if stamp >= began => return Ok(self.joined(&answer)),
                    Some(Outcome::Alone) => return self.alone().await,
                    // It was begun before an invalidation that this request has to see.
                    Some(Outcome::Stored(_) | Outcome::Failed(..)) | None => match look().await {
                        Ok(Lookup::Hit(entry)) => return Ok(self.hit(&entry)),
                        Ok(_) => {}
                        Err(error) => return self.pass(&error).await,
                    },
                },
            }
        }
    }

    fn hit(&self, entry: &Entry) -> Response {
        self.policy.hit(entry, self.head)
    }

    /// An answer that was computed for somebody else who asked at the same time.
    fn joined(&self, answer: &Snapshot) -> Response {
        let mut response = answer.respond(self.head);
        response.headers_mut().insert(X_CACHE, MISS);
        self.policy.mark_key(&self.asked.key, &mut response);
        response
    }

    /// The store cannot be asked: the handler is.
    async fn pass(mut self, error: &StoreError) -> Result<Response, S::Error> {
        self.policy.cache.warn(error);
        let mut response = self.inner.call(self.request).await?;
        response.headers_mut().insert(X_CACHE, BYPASS);
        Ok(response)
    }

    /// Fills without telling anybody, beside others who do the same.
    async fn alone(self) -> Result<Response, S::Error> {
        match self.policy.cache.lookup(&self.asked.key).await {
            Ok(Lookup::Hit(entry)) => Ok(self.hit(&entry)),
            Ok(Lookup::Stale(_, stamp) | Lookup::Miss(stamp)) => self.fill(None, stamp).await,
            Err(error) => self.pass(&error).await,
        }
    }

    /// Asks the handler, and says what came of it.
    async fn fill(self, lead: Option<Lead>, stamp: Stamp) -> Result<Response, S::Error> {
        let Self { policy, asked, head, mut request, inner } = self;
        if lead.is_some() {
            // What this client has says nothing of what others are to get.
            request.headers_mut().remove(header::IF_NONE_MATCH);
            request.headers_mut().remove(header::IF_MODIFIED_SINCE);
        }
        let (answer, outcome) = match within(policy.deadline, ask(&policy, &asked, request, inner, stamp)).await {
            Some(Ok((response, outcome))) => (Ok(response), outcome),
            Some(Err(error)) => {
                let problem = Problem::new(StatusCode::INTERNAL_SERVER_ERROR);
                (Err(error), Outcome::failed(problem, Some(Failure::Service), stamp))
            }
            None => {
                policy.report.event(Event::TimedOut);
                let detail = format!("the answer took longer than {:?}", policy.deadline);
                tracing::warn!(
                    path = policy.template,
                    "{detail}; `timeout` on the route changes how long a cached answer may take"
                );
                let problem = Problem::new(StatusCode::GATEWAY_TIMEOUT).detail(detail);
                let mut response = problem.clone().into_response();
                response.extensions_mut().insert(Failure::Timeout);
                response.headers_mut().insert(X_CACHE, MISS);
                (Ok(response), Outcome::failed(problem, Some(Failure::Timeout), stamp))
            }
        };
        policy.cache.learn(&asked.key, &outcome);
        if let Some(lead) = lead {
            lead.land(outcome);
        }
        let mut response = answer?;
        policy.mark_key(&asked.key, &mut response);
        if head {
            strip(&mut response);
        }
        Ok(response)
    }
}

/// Goes along with a request that a layer of this cache has seen: one further in, which would wait for itself or keep what the
/// outer one knows nothing of, leaves it alone.
#[derive(Clone)]
pub(super) struct Handled(Cache);

impl Handled {
    pub(super) fn mark(request: &mut Request, cache: &Cache) {
        request.extensions_mut().insert(Self(cache.clone()));
    }

    pub(super) fn is_marked(request: &Request, cache: &Cache) -> bool {
        request.extensions().get::<Self>().is_some_and(|handled| handled.0.is(cache))
    }
}

/// Whether what somebody else's fill brought may be given to a request that began then: nothing may be older than an invalidation that
/// had returned before.
async fn may_take(cache: &Cache, entry: &Entry, began: Stamp) -> bool {
    entry.stamp() >= began || cache.is_valid(entry).await
}

/// Asks the handler, and stores what may be stored.
async fn ask<S>(
    policy: &Policy,
    asked: &Asked,
    mut request: Request,
    mut inner: S,
    stamp: Stamp,
) -> Result<(Response, Outcome), S::Error>
where
    S: Service<Request, Response = Response>,
{
    if policy.head == Head::Fills {
        *request.method_mut() = Method::GET;
    }
    let spellings = Spellings::default();
    request.extensions_mut().insert(spellings.clone());
    Handled::mark(&mut request, &policy.cache);
    let mut response = inner.call(request).await?;

    let freshness = match policy.rules.judge(&response) {
        Verdict::Store(freshness) => freshness,
        Verdict::Pass(why) => {
            tracing::debug!(path = policy.template, why, "an answer is not stored");
            response.headers_mut().insert(X_CACHE, BYPASS);
            return Ok((response, Outcome::Alone));
        }
        Verdict::Fail => {
            let shared = policy.rules.may_share(&response);
            let (mut response, body) = read(response, policy.rules.max_body).await;
            let outcome = match body.filter(|_| shared) {
                Some(body) => {
                    let answer = Snapshot::new(response.status(), response.headers(), &body);
                    Outcome::Failed(Arc::new(answer.with_extensions(response.extensions())), stamp)
                }
                // To the others its status has to do.
                None => Outcome::failed(Problem::new(response.status()), response.extensions().get().copied(), stamp),
            };
            response.headers_mut().insert(X_CACHE, MISS);
            return Ok((response, outcome));
        }
    };
    let (mut response, body) = read(response, policy.rules.max_body).await;
    let Some(body) = body else {
        response.headers_mut().insert(X_CACHE, BYPASS);
        let outcome = if response.status().is_server_error() {
            Outcome::failed(Problem::new(response.status()), Some(Failure::Body), stamp)
        } else {
            Outcome::Alone
        };
        return Ok((response, outcome));
    };
    let entry = policy.entry(asked, &response, &body, stamp, freshness, &spellings);
    policy.cache.put(&entry).await;
    response.headers_mut().insert(X_CACHE, MISS);
    Ok((response, Outcome::Stored(entry)))
}
