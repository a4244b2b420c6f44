//! The decision: who is asking, and may they?

use std::sync::Arc;

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};

use super::{Requirements, Verifiers, refusal};
use crate::{
    identity::Identity,
    observe::{Event, Report},
    printable::Printable,
    problem::Problem,
};

/// What stands before one route. A clone is a few reference counts.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    /// What an identity must have; `None` where there need be none.
    pub(super) required: Option<Requirements>,
    pub(super) verifiers: Arc<Verifiers>,
    pub(super) report: Report,
}

impl Gate {
    /// The request with its identity, or the refusal.
    pub(super) async fn admit(&self, request: Request) -> Result<Request, Response> {
        let (mut parts, body) = request.into_parts();
        if parts.extensions.get::<Identity>().is_none() {
            match self.verifiers.verify(&parts).await {
                Ok(Some(verified)) => drop(parts.extensions.insert(verified)),
                Ok(None) => {}
                Err(error) => {
                    let problem = refusal::unauthorized(&self.verifiers, Some(&error));
                    return Err(self.refuse(Event::Unauthenticated, problem));
                }
            }
        }
        if let Some(all) = &self.required {
            let Some(identity) = parts.extensions.get::<Identity>() else {
                tracing::debug!(target: "routekit::auth", "no credentials that any verifier reads");
                return Err(self.refuse(Event::Unauthenticated, refusal::unauthorized(&self.verifiers, None)));
            };
            if let Some(problem) = refusal::forbidden(&self.verifiers, identity, all) {
                let (sub, why) = (Printable(identity.sub()), problem.detail());
                tracing::debug!(target: "routekit::auth", %sub, why, "forbidden");
                return Err(self.refuse(Event::Forbidden, problem));
            }
        }
        Ok(Request::from_parts(parts, body))
    }

    fn refuse(&self, event: Event, problem: Problem) -> Response {
        self.report.event(event);
        problem.into_response()
    }
}
