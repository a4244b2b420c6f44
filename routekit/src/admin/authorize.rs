//! Who may change state, or read where reading is closed, and the one line in the log for whoever tries to change something.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode, Uri, request::Parts};
use tracing::field;

use crate::{
    auth::{self, Bearer, Verifiers, VerifyError},
    config::Secret,
    identity::Identity,
    printable::Printable,
    problem::Problem,
};

/// Whoever brings the token, or is known to have the role.
#[derive(Debug, Clone)]
pub(crate) struct Operators {
    pub(crate) token: Option<Secret>,
    pub(crate) role: Option<String>,
    pub(crate) verifiers: Arc<Verifiers>,
}

/// What a call changed, in the extensions of its answer.
#[derive(Debug, Clone)]
pub(super) struct Change {
    /// `None` where there was nothing to be told.
    pub(super) before: Option<String>,
    pub(super) after: String,
}

/// Who calls, as the log has it.
enum Actor {
    Nobody,
    Token,
    Identity(Identity),
}

impl Operators {
    /// Whether there can be anybody.
    pub(crate) fn exist(&self) -> bool {
        self.token.is_some() || self.role.is_some()
    }

    async fn identify(&self, request: &Parts) -> (Actor, Result<(), Problem>) {
        if let (Some(token), Bearer::Token(brought)) = (&self.token, auth::bearer(&request.headers))
            && token.is(brought)
        {
            return (Actor::Token, Ok(()));
        }
        let Some(role) = &self.role else {
            let brought = auth::bearer(&request.headers) != Bearer::Absent;
            let error = brought.then(|| VerifyError::refused("not the token"));
            // Only the token counts, so only the token is asked for.
            return (Actor::Nobody, Err(auth::unauthorized(&Verifiers::new(), error.as_ref())));
        };
        // A layer may have put one there.
        let known = match request.extensions.get::<Identity>() {
            Some(known) => Ok(Some(known.clone())),
            None => self.verifiers.verify(request).await,
        };
        match known {
            Ok(Some(identity)) => {
                let missing = || Problem::forbidden(format!("missing: the role `{role}`"));
                let verdict = if identity.has_role(role) { Ok(()) } else { Err(missing()) };
                (Actor::Identity(identity), verdict)
            }
            Ok(None) => (Actor::Nobody, Err(auth::unauthorized(&self.verifiers, None))),
            Err(error) => (Actor::Nobody, Err(auth::unauthorized(&self.verifiers, Some(&error)))),
        }
    }
}

/// Lets operators pass, and answers everybody else with 401 or 403.
pub(super) async fn operators_only(State(operators): State<Operators>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match operators.identify(&parts).await {
        (_, Ok(())) => next.run(Request::from_parts(parts, body)).await,
        (_, Err(problem)) => problem.into_response(),
    }
}

/// The same for what changes state. Each call is one event of the target `routekit::audit`, however it ends.
pub(super) async fn audited(State(operators): State<Operators>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let mut audit = Audit::new(&parts);
    let (actor, verdict) = operators.identify(&parts).await;
    audit.actor = actor;
    let response = match verdict {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(problem) => problem.into_response(),
    };
    audit.status = Some(response.status());
    audit.change = response.extensions().get().cloned();
    response
}

/// A call that changes state, or tries to. It is logged when this is dropped: also where the client leaves, or something panics.
struct Audit {
    method: Method,
    uri: Uri,
    client: Option<SocketAddr>,
    actor: Actor,
    /// `None` where nobody was answered.
    status: Option<StatusCode>,
    change: Option<Change>,
}

impl Audit {
    fn new(request: &Parts) -> Self {
        let (method, uri) = (request.method.clone(), request.uri.clone());
        let client = request.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(addr)| *addr);
        Self { method, uri, client, actor: Actor::Nobody, status: None, change: None }
    }
}

impl Drop for Audit {
    fn drop(&mut self) {
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

impl Actor {
    fn kind(&self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Token => "token",
            Self::Identity(_) => "identity",
        }
    }

    fn identity(&self) -> Option<&Identity> {
        match self {
            Self::Nobody | Self::Token => None,
            Self::Identity(identity) => Some(identity),
        }
    }
}
