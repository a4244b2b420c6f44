//! Decides which client sent a request, and whether it may call the route.

use std::sync::Arc;

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};

use super::{Access, Requirements, Verifiers, refusal};
use crate::{
    base::printable::Printable,
    identity::Identity,
    observe::{Event, Observer, Report},
    problem::Problem,
};

/// Identifies clients and checks their grants, for one route. A clone is a few reference counts.
#[derive(Debug, Clone)]
pub(crate) struct AccessCheck {
    /// The grants that an identity needs; `None` if the request needs no identity.
    required: Option<Requirements>,
    verifiers: Arc<Verifiers>,
    report: Report,
}

impl AccessCheck {
    /// Returns `None` for a public route.
    pub(crate) fn new(access: Access, verifiers: Arc<Verifiers>) -> Option<Self> {
        let required = match access {
            Access::Public => return None,
            Access::Optional => None,
            Access::Identified(all) => Some(all),
        };
        Some(Self { required, verifiers, report: Report::default() })
    }

    /// Reports refusals to `observer`.
    pub(crate) fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.report = Report::to(observer);
        self
    }

    /// Returns the request with its identity, or the refusal.
    pub(crate) async fn admit(&self, request: Request) -> Result<Request, Response> {
        let (mut parts, body) = request.into_parts();
        if parts.extensions.get::<Identity>().is_none()
            && let Err(error) = self.verifiers.identify(&mut parts).await
        {
            let problem = refusal::unauthorized(&self.verifiers, Some(&error));
            return Err(self.refuse(Event::Unauthenticated, problem));
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

    /// Forbids caches to store a response that depends on who asks (RFC 9111 §5.2.2.5), unless the response says
    /// something of its own. Cached routes do.
    pub(crate) fn forbid_storing(response: &mut Response) {
        let headers = response.headers_mut();
        if !headers.contains_key(header::CACHE_CONTROL) && !headers.contains_key(header::EXPIRES) {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
    }

    fn refuse(&self, event: Event, problem: Problem) -> Response {
        self.report.event(event);
        problem.into_response()
    }
}
