//! How the handler is asked, and what becomes of what it answers.

use std::sync::Arc;

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode, header};
use tower::ServiceExt;
use tower_service::Service;

use crate::cache::{
    Cache, Entry, Lookup, Snapshot, Stamp,
    body::{read, strip},
    conditional,
    deadline::within,
    flight::{Lead, Outcome},
    policy::{Head, Made, Policy},
    replay,
    request::Asked,
    revalidate,
    serve::rescue,
    status::{self, BYPASS, Fwd, MISS},
    storable::{Received, Storing, Verdict},
};
use crate::{
    observe::{Event, Failure, FallbackResponse},
    problem::Problem,
    route::spelling::Spellings,
};

/// For whom the handler is asked.
#[derive(Debug)]
pub(in crate::cache) enum Manner {
    /// For all who wait for what comes of it.
    Lead(Lead),
    /// The same in the background: it is no request.
    Refresh(Lead),
    /// For whoever does not want what is stored.
    Anew,
    /// For one of many, each of whom has to ask alone.
    Alone,
    /// For whoever has credentials, or does not want the answer to be stored.
    Apart,
}

/// A request that the handler is asked.
pub(in crate::cache) struct Fill {
    pub(in crate::cache) policy: Arc<Policy>,
    pub(in crate::cache) asked: Asked,
    /// Whether only the head was asked for.
    pub(in crate::cache) head: bool,
    pub(in crate::cache) request: Request,
    /// Why it is.
    pub(in crate::cache) why: Fwd,
    /// What there is.
    pub(in crate::cache) looked: Lookup,
}

impl Fill {
    /// Asks the handler, and says what came of it.
    pub(in crate::cache) async fn run<S>(mut self, inner: S, manner: Manner) -> Result<Response, S::Error>
    where
        S: Service<Request, Response = Response> + Clone + Send + 'static,
        S::Future: Send,
    {
        let (policy, head) = (Arc::clone(&self.policy), self.head);
        // What this client has says nothing of what others are to get.
        let own = matches!(manner, Manner::Alone | Manner::Apart);
        let stale = self.looked.entry().filter(|entry| entry.reuse().can_be_validated && !own).cloned();
        if !own {
            self.request.headers_mut().remove(header::IF_NONE_MATCH);
            self.request.headers_mut().remove(header::IF_MODIFIED_SINCE);
        }
        if policy.head == Head::Fills {
            *self.request.method_mut() = Method::GET;
        }
        let request = std::mem::take(&mut self.request);
        let (asked, looked) = (self.asked, self.looked);
        let question = Question { policy: &policy, asked: &asked, why: self.why, stamp: looked.stamp() };
        let (answer, outcome) = match within(policy.deadline, question.ask(inner, request, stale.as_deref())).await {
            Some(Ok((response, outcome))) => (Ok(response), outcome),
            Some(Err(error)) => {
                let problem = Problem::new(StatusCode::INTERNAL_SERVER_ERROR);
                (Err(error), Outcome::failed(problem, Some(Failure::Service), looked.stamp()))
            }
            None => {
                let (response, outcome) = question.late();
                (Ok(response), outcome)
            }
        };
        policy.cache.learn(asked.key(), &outcome);
        let alone = matches!(outcome, Outcome::Alone);
        let failed = matches!(outcome, Outcome::Failed(..)) || answer.as_ref().is_ok_and(stands_in);
        match manner {
            Manner::Lead(lead) => lead.land(outcome),
            Manner::Refresh(lead) => {
                lead.land(outcome);
                return answer;
            }
            Manner::Anew | Manner::Alone | Manner::Apart => {}
        }
        let rescued = if failed { rescue(&policy, &asked, looked.entry(), head).await } else { None };
        let mut response = match rescued {
            Some(response) => response,
            None => {
                if alone {
                    policy.stats.bypass();
                } else {
                    policy.stats.miss();
                }
                let mut response = answer?;
                policy.mark_key(asked.key(), &mut response);
                if head {
                    strip(&mut response);
                }
                response
            }
        };
        if !own {
            conditional::shorten(&mut response, asked.wishes.conditions.as_ref());
        }
        Ok(response)
    }
}

/// Goes along with a request that a layer of this cache has seen: one further in, which would wait for itself or keep what the
/// outer one knows nothing of, leaves it alone.
#[derive(Clone)]
pub(in crate::cache) struct Handled(Cache);

impl Handled {
    pub(in crate::cache) fn mark(request: &mut Request, cache: &Cache) {
        request.extensions_mut().insert(Self(cache.clone()));
    }

    pub(in crate::cache) fn is_marked(request: &Request, cache: &Cache) -> bool {
        request.extensions().get::<Self>().is_some_and(|handled| handled.0.is(cache))
    }
}

/// What the handler is asked on behalf of the cache.
#[derive(Clone, Copy)]
struct Question<'a> {
    policy: &'a Policy,
    asked: &'a Asked,
    why: Fwd,
    /// What the logical clock said before.
    stamp: Stamp,
}

impl Question<'_> {
    /// Asks it, and stores what may be stored. `stale` is what may still hold.
    async fn ask<S>(
        &self,
        mut inner: S,
        mut request: Request,
        stale: Option<&Entry>,
    ) -> Result<(Response, Outcome), S::Error>
    where
        S: Service<Request, Response = Response> + Clone,
    {
        let Self { policy, asked, .. } = *self;
        let spellings = Spellings::default();
        request.extensions_mut().insert(spellings.clone());
        Handled::mark(&mut request, &policy.cache);
        let began = policy.cache.now();
        let mut unconditional = None;
        if let Some(stale) = stale {
            unconditional = Some(replay::request(&request));
            revalidate::ask_whether_changed(request.headers_mut(), stale);
        }
        let again = inner.clone();
        let mut response = inner.call(request).await?;
        let mut held = None;
        if let (Some(stale), Some(request)) = (stale, unconditional)
            && response.status() == StatusCode::NOT_MODIFIED
            && !stands_in(&response)
        {
            match revalidate::freshened(stale, policy.overwritten, &response) {
                Some(freshened) => {
                    held = Some(stale);
                    response = freshened;
                }
                // It is about an answer that nobody here has.
                None => response = again.oneshot(request).await?,
            }
        }
        let at = policy.cache.unix_time();
        let took = policy.cache.now().saturating_duration_since(began);
        let received = Received { at, took, credentials: asked.wishes.credentials };
        match policy.rules.judge(&response, received) {
            _ if asked.wishes.control.no_store && !response.status().is_server_error() => {
                Ok(self.passed(response, "the client does not want it to be"))
            }
            Verdict::Store(storing) => Ok(self.store(response, &storing, &spellings, held, at).await),
            Verdict::Pass(why) => Ok(self.passed(response, why)),
            Verdict::Fail => Ok(self.failed(response).await),
        }
    }

    async fn store(
        &self,
        response: Response,
        storing: &Storing,
        spellings: &Spellings,
        held: Option<&Entry>,
        at: std::time::Duration,
    ) -> (Response, Outcome) {
        let Self { policy, asked, why, stamp } = *self;
        let (mut response, body) = read(response, policy.rules.max_body).await;
        let Some(body) = body else {
            if response.status().is_server_error() {
                status::mark(&mut response, MISS, why.value());
                let problem = Problem::new(response.status());
                return (response, Outcome::failed(problem, Some(Failure::Body), stamp));
            }
            status::mark(&mut response, BYPASS, why.value());
            return (response, Outcome::Alone);
        };
        let (inherited, now) = (held.map(Entry::tags).unwrap_or_default(), policy.cache.now());
        let made = Made { body: &body, storing, stamp, spellings, inherited, now, at };
        let stored = policy.entry(asked, &mut response, &made);
        if let Some(variants) = &stored.variants {
            policy.cache.put(variants).await;
        }
        if policy.cache.put(&stored.entry).await {
            policy.stats.set();
        }
        let status = if held.is_some() { why.validated() } else { why.stored() };
        status::mark(&mut response, MISS, status);
        (response, Outcome::Stored(stored.entry))
    }

    /// An answer that is for nobody else.
    fn passed(&self, mut response: Response, why: &'static str) -> (Response, Outcome) {
        tracing::debug!(path = self.policy.template, why, "an answer is not stored");
        let fwd = if self.asked.wishes.credentials { Fwd::Bypass } else { self.why };
        status::mark(&mut response, BYPASS, fwd.value());
        (response, Outcome::Alone)
    }

    async fn failed(&self, response: Response) -> (Response, Outcome) {
        let rules = &self.policy.rules;
        let shared = rules.may_share(&response);
        let (mut response, body) = read(response, rules.max_body).await;
        let outcome = match body.filter(|_| shared) {
            Some(body) => {
                let answer = Snapshot::new(response.status(), response.headers(), &body);
                Outcome::Failed(Arc::new(answer.with_extensions(response.extensions())), self.stamp)
            }
            // Of what stands in for an answer, there is one for each.
            None if stands_in(&response) => Outcome::Alone,
            // To the others its status has to do.
            None => Outcome::failed(Problem::new(response.status()), response.extensions().get().copied(), self.stamp),
        };
        status::mark(&mut response, MISS, self.why.value());
        (response, outcome)
    }

    /// It has taken too long.
    fn late(&self) -> (Response, Outcome) {
        let policy = self.policy;
        policy.report.event(Event::TimedOut);
        let detail = format!("the answer took longer than {:?}", policy.deadline);
        tracing::warn!(
            path = policy.template,
            "{detail}; `timeout` on the route changes how long a cached answer may take"
        );
        let problem = Problem::new(StatusCode::GATEWAY_TIMEOUT).with_detail(detail);
        let mut response = problem.clone().into_response();
        response.extensions_mut().insert(Failure::Timeout);
        status::mark(&mut response, MISS, self.why.value());
        (response, Outcome::failed(problem, Some(Failure::Timeout), self.stamp))
    }
}

/// Whether it is no answer of the handler's.
fn stands_in(response: &Response) -> bool {
    response.extensions().get::<FallbackResponse>().is_some()
}
