//! The decision: who is asking, and may they?

use std::sync::Arc;

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};

use super::{Access, Verifiers, refusal};
use crate::{
    identity::Identity,
    observe::{Event, Report},
    printable::Printable,
    problem::Problem,
};

/// What stands before one route. A clone is a few reference counts.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    pub(super) access: Access,
    pub(super) verifiers: Arc<Verifiers>,
    pub(super) report: Report,
}

impl Gate {
    /// The request with its identity, or the refusal.
    pub(super) async fn admit(&self, request: Request) -> Result<Request, Response> {
        let (mut parts, body) = request.into_parts();
        let known = match parts.extensions.get::<Identity>() {
            Some(known) => Some(known.clone()),
            None => match self.verifiers.verify(&parts).await {
                Ok(Some(verified)) => {
                    parts.extensions.insert(verified.clone());
                    Some(verified)
                }
                Ok(None) => None,
                Err(error) => {
                    return Err(
                        self.refuse(Event::Unauthenticated, refusal::unauthorized(&self.verifiers, Some(error)))
                    );
                }
            },
        };
        match (self.access, known) {
            (Access::Public | Access::Optional, _) => {}
            (Access::Identified(_), None) => {
                tracing::debug!(target: "routekit::auth", "no credentials that any verifier reads");
                return Err(self.refuse(Event::Unauthenticated, refusal::unauthorized(&self.verifiers, None)));
            }
            (Access::Identified(all), Some(identity)) => {
                if let Some(problem) = refusal::forbidden(&self.verifiers, &identity, all) {
                    let (sub, why) = (Printable(identity.sub()), problem.detail_text());
                    tracing::debug!(target: "routekit::auth", %sub, why, "forbidden");
                    return Err(self.refuse(Event::Forbidden, problem));
                }
            }
        }
        Ok(Request::from_parts(parts, body))
    }

    fn refuse(&self, event: Event, problem: Problem) -> Response {
        self.report.event(event);
        problem.into_response()
    }
}
