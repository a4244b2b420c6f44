use std::sync::Arc;

use tower_layer::Layer;

use super::{Access, Auth, Verifiers, gate::Gate};
use crate::observe::{Observer, Report};

/// Answers 401 and 403 to whoever may not pass. See the [module docs](crate::auth).
#[derive(Debug, Clone)]
pub struct AuthLayer {
    /// `None` where everybody may.
    gate: Option<Gate>,
}

impl AuthLayer {
    /// Whoever `access` lets in, verified by these.
    #[must_use]
    pub fn new(access: Access, verifiers: impl Into<Arc<Verifiers>>) -> Self {
        let required = match access {
            Access::Public => return Self { gate: None },
            Access::Optional => None,
            Access::Identified(all) => Some(all),
        };
        Self { gate: Some(Gate { required, verifiers: verifiers.into(), report: Report::default() }) }
    }

    /// Tells this observer of each request that was refused. Defaults to nobody.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        if let Some(gate) = &mut self.gate {
            gate.report = Report::to(observer);
        }
        self
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = Auth<S>;

    fn layer(&self, inner: S) -> Auth<S> {
        Auth { inner, gate: self.gate.clone().map(Arc::new) }
    }
}
