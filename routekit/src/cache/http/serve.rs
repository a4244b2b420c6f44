//! A request for which more is to be done than to give what is stored: what is stored is looked at more closely, or somebody asks the
//! handler.

use std::sync::Arc;

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use tower_service::Service;

use crate::cache::{
    Entry, Lookup, Snapshot, StoreError, conditional,
    detached::Detachable,
    fetch::{Fill, Manner},
    flight::{Lead, Outcome, Role, landed},
    policy::{Head, Policy},
    replay,
    request::Asked,
    reuse::{Decision, decide},
    status::{self, BYPASS, Because, Fwd, MISS},
};
use crate::{
    observe::{CacheOutcome, Event},
    problem::Problem,
};

/// A request on its way to an answer.
pub(in crate::cache) struct Asking<S> {
    pub(in crate::cache) policy: Arc<Policy>,
    pub(in crate::cache) asked: Asked,
    /// Whether only the head was asked for.
    pub(in crate::cache) head: bool,
    pub(in crate::cache) request: Request,
    pub(in crate::cache) inner: S,
}

impl<S> Asking<S>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send + 'static,
{
    /// Answers it; `looked` is what the store had, if it was asked already.
    pub(in crate::cache) async fn answer(mut self, looked: Option<Lookup>) -> Result<Response, S::Error> {
        let policy = Arc::clone(&self.policy);
        let cache = &policy.cache;
        let looked = match looked {
            Some(looked) => self.asked.choose(cache, looked).await,
            None => self.asked.find(cache).await,
        };
        let mut looked = match looked {
            Ok(looked) => looked,
            Err(error) => return self.pass(&error).await,
        };
        let began = looked.stamp();
        loop {
            let why = match self.decide(&looked) {
                Ok(response) => return Ok(response),
                Err(why) => why,
            };
            if self.head && policy.head == Head::Looks {
                return self.pass_by().await;
            }
            if self.asked.wishes.credentials || self.asked.wishes.control.no_store {
                return self.fill(Manner::Apart, why, looked).await;
            }
            if why == Fwd::Request {
                return self.fill(Manner::Anew, why, looked).await;
            }
            if cache.is_marked(self.asked.key()) {
                return self.alone().await;
            }
            looked = match cache.board(self.asked.key(), began) {
                Role::Alone => return self.alone().await,
                // Whoever led before has perhaps landed since we looked.
                Role::Lead(lead) => match self.asked.find(cache).await {
                    Ok(looked) => match self.decide(&looked) {
                        Ok(response) => {
                            if let Lookup::Hit(entry, _) = &looked {
                                lead.land(Outcome::Stored(Arc::clone(entry)));
                            }
                            return Ok(response);
                        }
                        Err(why) => {
                            let fill = self.fill(Manner::Lead(lead), why, looked);
                            return Detachable::new(fill, cache.clone()).await;
                        }
                    },
                    Err(error) => {
                        // Nobody is to wait for what will not be told.
                        drop(lead);
                        return self.pass(&error).await;
                    }
                },
                Role::Join(outcome) => match landed(outcome).await {
                    Some(Outcome::Stored(entry))
                        if entry.key() == self.asked.key() && cache.may_take(&entry, began).await =>
                    {
                        policy.stats.miss();
                        let response = entry.join(self.head, why.collapsed());
                        return Ok(self.finished(status::with_outcome(response, CacheOutcome::Stored)));
                    }
                    Some(Outcome::Failed(answer, stamp)) if stamp >= began => {
                        if let Some(response) = rescue(&policy, &self.asked, looked.entry(), self.head).await {
                            return Ok(self.finished(response));
                        }
                        return Ok(self.failed(&answer, why));
                    }
                    Some(Outcome::Alone) => return self.alone().await,
                    // It was begun before an invalidation that this request has to see, or is for other requests.
                    Some(Outcome::Stored(_) | Outcome::Failed(..)) | None => match self.asked.find(cache).await {
                        Ok(looked) => looked,
                        Err(error) => return self.pass(&error).await,
                    },
                },
            };
        }
    }

    /// The answer, if what is stored is one, or there can be none; else why the handler is to be asked.
    fn decide(&self, looked: &Lookup) -> Result<Response, Fwd> {
        let (policy, now) = (&self.policy, self.policy.cache.now());
        match decide(looked, &self.asked.wishes.control, now) {
            Decision::Fresh(entry) => {
                let response = policy.hit(entry, now, self.head);
                Ok(self.finished(status::with_outcome(response, CacheOutcome::Hit)))
            }
            Decision::Stale(_, Because::Revalidating) if !self.can_refresh() => Err(Fwd::Stale),
            Decision::Stale(entry, because) => {
                if because == Because::Revalidating {
                    self.refresh(looked);
                }
                policy.stats.stale();
                policy.report.event(Event::CacheStale);
                Ok(self.finished(status::with_outcome(entry.give_stale(now, self.head, because), CacheOutcome::Stale)))
            }
            Decision::Refuse => Ok(self.refused()),
            Decision::Ask(Fwd::UriMiss) if !self.asked.varying.is_empty() => Err(Fwd::VaryMiss),
            Decision::Ask(why) => Err(why),
        }
    }

    /// Whether somebody would do it, and knows how: what answers HEAD may not answer GET.
    fn can_refresh(&self) -> bool {
        self.policy.cache.spawner().is_some() && !(self.head && self.policy.head == Head::Looks)
    }

    /// Has the entry replaced in the background, unless somebody is at it.
    fn refresh(&self, looked: &Lookup) {
        let cache = &self.policy.cache;
        let key = self.asked.key();
        // Somebody has just tried.
        if cache.is_marked(key) {
            return;
        }
        if let Role::Lead(lead) = cache.board(key, looked.stamp()) {
            let again = Self {
                policy: Arc::clone(&self.policy),
                asked: self.asked.again(),
                head: false,
                request: replay::request(&self.request),
                inner: self.inner.clone(),
            };
            if cache.go_on(replay::run(again, lead)) {
                self.policy.stats.refresh();
            }
        }
    }

    /// What is stored, or was just made, as this client wants it.
    fn finished(&self, mut response: Response) -> Response {
        conditional::shorten(&mut response, self.asked.wishes.conditions.as_ref());
        response
    }

    /// A failure that somebody else met who asked at the same time.
    fn failed(&self, answer: &Snapshot, why: Fwd) -> Response {
        let mut response = answer.respond(self.head);
        status::mark(&mut response, MISS, why.collapsed());
        self.policy.stats.miss();
        self.policy.mark_key(self.asked.key(), &mut response);
        response
    }

    /// RFC 9111 §5.2.1.7.
    fn refused(&self) -> Response {
        let detail = "nothing is stored that would do, and the request is `only-if-cached`";
        let mut response = Problem::new(StatusCode::GATEWAY_TIMEOUT).with_detail(detail).into_response();
        let why = if self.asked.varying.is_empty() { Fwd::UriMiss } else { Fwd::VaryMiss };
        status::mark(&mut response, MISS, why.refused());
        self.policy.stats.miss();
        response
    }

    /// The store cannot be asked: the handler is.
    async fn pass(self, error: &StoreError) -> Result<Response, S::Error> {
        self.policy.cache.warn(error);
        self.pass_by().await
    }

    async fn pass_by(mut self) -> Result<Response, S::Error> {
        self.policy.stats.bypass();
        let mut response = self.inner.call(self.request).await?;
        status::mark(&mut response, BYPASS, Fwd::Bypass.value());
        Ok(response)
    }

    /// Fills without telling anybody, beside others who do the same.
    async fn alone(mut self) -> Result<Response, S::Error> {
        let policy = Arc::clone(&self.policy);
        match self.asked.find(&policy.cache).await {
            Ok(looked) => match self.decide(&looked) {
                Ok(response) => Ok(response),
                Err(why) => self.fill(Manner::Alone, why, looked).await,
            },
            Err(error) => self.pass(&error).await,
        }
    }

    /// Asks the handler.
    pub(in crate::cache) async fn fill(self, manner: Manner, why: Fwd, looked: Lookup) -> Result<Response, S::Error> {
        let Self { policy, asked, head, request, inner } = self;
        Fill { policy, asked, head, request, why, looked }.run(inner, manner).await
    }

    /// Looks whether there is still something to be done, and does it.
    pub(in crate::cache) async fn fill_if_stale(mut self, lead: Lead) -> Result<(), S::Error> {
        let policy = Arc::clone(&self.policy);
        match self.asked.find(&policy.cache).await {
            Ok(Lookup::Hit(entry, _)) => lead.land(Outcome::Stored(entry)),
            Ok(looked) => {
                self.fill(Manner::Refresh(lead), Fwd::Stale, looked).await?;
            }
            Err(error) => policy.cache.warn(&error),
        }
        Ok(())
    }
}

/// What is stale in place of a failure, where that will do (RFC 5861 §4) and nothing has made it invalid meanwhile.
pub(in crate::cache) async fn rescue(
    policy: &Policy,
    asked: &Asked,
    stale: Option<&Arc<Entry>>,
    head: bool,
) -> Option<Response> {
    let (entry, now) = (stale?, policy.cache.now());
    let reuse = entry.reuse();
    let will_do =
        if reuse.must_revalidate { reuse.stale_if_error } else { asked.wishes.stale_if_error(reuse.stale_if_error) };
    // What is fresh is here because the client wanted something newer.
    if asked.wishes.control.no_cache || entry.stale_for(now) >= will_do || !policy.cache.is_valid(entry).await {
        return None;
    }
    policy.stats.stale();
    policy.report.event(Event::CacheStale);
    tracing::warn!(path = policy.template, "the handler failed, and a stale answer is given in its place");
    Some(status::with_outcome(entry.give_stale(now, head, Because::Failed), CacheOutcome::Stale))
}
