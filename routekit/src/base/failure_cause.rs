//! The cause of a 5xx response, on its way to the log.

use std::{error::Error, fmt, sync::Arc};

use parking_lot::Mutex;
use tracing::{Level, Span};

use super::{
    printable::{Chain, Printable},
    program_log,
};

/// The cause of a failed request. It travels with the response, so that the line of the request has it too. If nothing
/// takes it, it is logged when the last clone is dropped.
#[derive(Clone)]
pub(crate) struct FailureCause(Arc<UnloggedCause>);

struct UnloggedCause {
    status: u16,
    span: Span,
    /// `None` once it is logged.
    kind: Mutex<Option<CauseKind>>,
}

/// What has failed.
pub(crate) enum CauseKind {
    Error(Arc<dyn Error + Send + Sync>),
    Panic(String),
    /// The text of a rejection that no client may read.
    Rejection(String),
}

impl FailureCause {
    /// Creates the cause of a response with this status.
    pub(crate) fn new(status: u16, kind: CauseKind) -> Self {
        Self(Arc::new(UnloggedCause { status, span: Span::current(), kind: Mutex::new(Some(kind)) }))
    }

    /// Takes the cause, to log it. `None` if it was taken before.
    pub(crate) fn take(&self) -> Option<CauseKind> {
        self.0.kind.lock().take()
    }
}

/// The text is for the log only.
impl fmt::Display for CauseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => Printable(Chain(&**error)).fmt(f),
            Self::Panic(text) => write!(f, "a handler panicked: {}", Printable(text)),
            Self::Rejection(text) => write!(f, "extractor failed: {}", Printable(text)),
        }
    }
}

impl Drop for UnloggedCause {
    fn drop(&mut self) {
        let Some(kind) = self.kind.get_mut().take() else { return };
        let _entered = self.span.enter();
        let status = self.status;
        match program_log::target() {
            None => tracing::error!(target: "routekit", status, error = %kind, "request failed"),
            Some(target) => {
                let error = tracing::field::display(kind);
                let values: [Option<&dyn tracing::Value>; 3] = [Some(&"request failed"), Some(&status), Some(&error)];
                target.log(Level::ERROR, &["message", "status", "error"], values);
            }
        }
    }
}

impl fmt::Debug for FailureCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FailureCause")
    }
}
