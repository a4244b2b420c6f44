//! Authorisation of operators, and the audit log of every attempt to change state.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode, Uri, request::Parts};
use tracing::field;

use super::wrong_tokens::WrongTokens;
use crate::{
    auth::{self, Bearer, Verifiers, VerifyError},
    base::printable::Printable,
    config::Secret,
    edge::CrossSiteCheck,
    identity::Identity,
    problem::Problem,
};

/// The means of recognising an operator: the token, or an identity with the role.
#[derive(Debug, Clone)]
pub(crate) struct Operators {
    pub(crate) token: Option<Secret>,
    pub(crate) role: Option<String>,
    pub(crate) verifiers: Arc<Verifiers>,
    pub(crate) wrong_tokens: WrongTokens,
    /// Refuses requests of other sites; `None` if that is switched off.
    pub(crate) csrf: Option<CrossSiteCheck>,
}

/// The change that a call made, in the extensions of its response.
#[derive(Debug, Clone)]
pub(super) struct AdminChange {
    /// `None` if there was no state before.
    pub(super) before: Option<String>,
    pub(super) after: String,
}

/// The caller, as the audit log names it.
enum AuditActor {
    Anonymous,
    Token,
    Identity(Identity),
}

/// The caller, and whether it may pass.
struct Caller {
    actor: AuditActor,
    decision: Result<(), Problem>,
    /// Whether it brought a token that is wrong.
    is_wrong: bool,
    /// Whether it had to wait.
    slowed: bool,
}

impl Operators {
    /// Whether operators are configured at all.
    pub(crate) fn exist(&self) -> bool {
        self.token.is_some() || self.role.is_some()
    }

    /// Slows requests with a token down while there are too many wrong ones.
    async fn identify(&self, request: &mut Parts) -> Caller {
        let brought = matches!(auth::bearer(&request.headers), Bearer::Token(_));
        let slowed = brought && self.wrong_tokens.slow_down().await;
        let (actor, decision) = self.recognise(request).await;
        let is_wrong = brought && decision.is_err() && matches!(actor, AuditActor::Anonymous);
        if is_wrong {
            self.wrong_tokens.count();
        }
        Caller { actor, decision, is_wrong, slowed }
    }

    fn log_wrong_token(&self, request: &Parts) {
        if let Some(count) = self.wrong_tokens.to_log() {
            let client = client(request).map(field::display);
            tracing::warn!(target: "routekit::audit", count, client, path = request.uri.path(), "wrong admin tokens");
        }
    }

    async fn recognise(&self, request: &mut Parts) -> (AuditActor, Result<(), Problem>) {
        if let (Some(token), Bearer::Token(brought)) = (&self.token, auth::bearer(&request.headers))
            && token.is(brought)
        {
            return (AuditActor::Token, Ok(()));
        }
        let Some(role) = &self.role else {
            let brought = auth::bearer(&request.headers) != Bearer::Absent;
            let error = brought.then(|| VerifyError::refused("not the token"));
            // Only the token counts, so the challenge names no other scheme.
            return (AuditActor::Anonymous, Err(auth::unauthorized(&Verifiers::new(), error.as_ref())));
        };
        // A layer may have set the identity.
        let known = match request.extensions.get::<Identity>() {
            Some(_) => Ok(()),
            None => self.verifiers.identify(request).await,
        };
        match known.map(|()| request.extensions.get::<Identity>().cloned()) {
            Ok(Some(identity)) => {
                let missing = || Problem::forbidden(format!("missing: the role `{role}`"));
                let decision = if identity.has_role(role) { Ok(()) } else { Err(missing()) };
                (AuditActor::Identity(identity), decision)
            }
            Ok(None) => (AuditActor::Anonymous, Err(auth::unauthorized(&self.verifiers, None))),
            Err(error) => (AuditActor::Anonymous, Err(auth::unauthorized(&self.verifiers, Some(&error)))),
        }
    }
}

impl Operators {
    /// Passes on the request of an operator, unless a page of another site has made its browser send it.
    async fn pass(&self, request: Request, next: Next) -> Response {
        match self.csrf.as_ref().map_or(Ok(()), |csrf| csrf.admit(&request)) {
            Ok(()) => next.run(request).await,
            Err(refusal) => *refusal,
        }
    }
}

/// Passes on the requests of operators, and answers all others with 401 or 403.
pub(super) async fn operators_only(State(operators): State<Operators>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let caller = operators.identify(&mut parts).await;
    if caller.is_wrong {
        operators.log_wrong_token(&parts);
    }
    match caller.decision {
        Ok(()) => operators.pass(Request::from_parts(parts, body), next).await,
        Err(problem) => problem.into_response(),
    }
}

/// Passes on the requests of operators to endpoints that change state. Each call is one event of the target
/// `routekit::audit`, whatever its outcome, except wrong tokens that are slowed down: their event has their number.
pub(super) async fn audited(State(operators): State<Operators>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let mut audit = Audit::new(&parts);
    let Caller { actor, decision, is_wrong, slowed } = operators.identify(&mut parts).await;
    audit.actor = actor;
    if is_wrong && slowed {
        operators.log_wrong_token(&parts);
        audit.is_logged = true;
    }
    let response = match decision {
        Ok(()) => operators.pass(Request::from_parts(parts, body), next).await,
        Err(problem) => problem.into_response(),
    };
    audit.status = Some(response.status());
    audit.change = response.extensions().get().cloned();
    response
}

/// A call that changes state, or tries to. It is logged when it is dropped, so that calls whose client disconnects and
/// calls that panic are logged too.
struct Audit {
    method: Method,
    uri: Uri,
    client: Option<SocketAddr>,
    actor: AuditActor,
    /// `None` if no response was sent.
    status: Option<StatusCode>,
    change: Option<AdminChange>,
    /// Whether another event stands for this call.
    is_logged: bool,
}

impl Audit {
    fn new(request: &Parts) -> Self {
        let (method, uri) = (request.method.clone(), request.uri.clone());
        let actor = AuditActor::Anonymous;
        Self { method, uri, client: client(request), actor, status: None, change: None, is_logged: false }
    }
}

fn client(request: &Parts) -> Option<SocketAddr> {
    request.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(addr)| *addr)
}

impl Drop for Audit {
    fn drop(&mut self) {
        if self.is_logged {
            return;
        }
        let identity = self.actor.identity();
        tracing::info!(
            target: "routekit::audit",
            actor = self.actor.kind(),
            sub = identity.map(|identity| field::display(Printable(identity.sub()))),
            issuer = identity.and_then(Identity::issuer).map(|issuer| field::display(Printable(issuer))),
            client = self.client.map(field::display),
            method = %self.method,
            path = self.uri.path(),
            status = self.status.map(|status| status.as_u16()),
            before = self.change.as_ref().and_then(|change| change.before.as_deref()),
            after = self.change.as_ref().map(|change| &*change.after),
            "admin call"
        );
    }
}

impl AuditActor {
    fn kind(&self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Token => "token",
            Self::Identity(_) => "identity",
        }
    }

    fn identity(&self) -> Option<&Identity> {
        match self {
            Self::Anonymous | Self::Token => None,
            Self::Identity(identity) => Some(identity),
        }
    }
}
