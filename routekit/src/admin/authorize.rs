//! Who may change state, or read where reading is closed, and the one line in the log for whoever tries to change something.

use std::{fmt, sync::Arc};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode, Uri, request::Parts};

use crate::{
    auth::{self, Bearer, Verifiers, VerifyError},
    config::Secret,
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
    pub(super) before: String,
    pub(super) after: String,
}

/// Who calls, as the log has it.
enum Actor {
    Nobody,
    Token,
    Identity { sub: String, issuer: Option<String> },
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
            return (Actor::Nobody, Err(auth::unauthorized(&Verifiers::new(), error)));
        };
        match self.verifiers.verify(request).await {
            Ok(Some(identity)) => {
                let actor =
                    Actor::Identity { sub: identity.sub().to_owned(), issuer: identity.issuer().map(str::to_owned) };
                let missing = || Problem::forbidden(format!("missing: the role `{role}`"));
                (actor, if identity.has_role(role) { Ok(()) } else { Err(missing()) })
            }
            Ok(None) => (Actor::Nobody, Err(auth::unauthorized(&self.verifiers, None))),
            Err(error) => (Actor::Nobody, Err(auth::unauthorized(&self.verifiers, Some(error)))),
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
    actor: Actor,
    /// `None` where nobody was answered.
    status: Option<StatusCode>,
    change: Option<Change>,
}

impl Audit {
    fn new(request: &Parts) -> Self {
        let (method, uri) = (request.method.clone(), request.uri.clone());
        Self { method, uri, actor: Actor::Nobody, status: None, change: None }
    }
}

impl Drop for Audit {
    fn drop(&mut self) {
        tracing::info!(
            target: "routekit::audit",
            actor = %self.actor,
            method = %self.method,
            path = self.uri.path(),
            status = self.status.map(|status| status.as_u16()),
            before = self.change.as_ref().map(|change| &*change.before),
            after = self.change.as_ref().map(|change| &*change.after),
            "admin call"
        );
    }
}

/// `nobody`, `token`, or the quoted name of the identity, with its issuer.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.write_str("nobody"),
            Self::Token => f.write_str("token"),
            // Quoted, so that nobody is called `token`, and what a person chose as a name writes no second line.
            Self::Identity { sub, issuer: None } => write!(f, "{sub:?}"),
            Self::Identity { sub, issuer: Some(issuer) } => write!(f, "{sub:?} of {issuer:?}"),
        }
    }
}
