//! Which headers bring secrets.

use std::{fmt, sync::Arc};

use http::{HeaderName, header};

/// Some that always do, and whatever else was named. A clone is one reference count.
#[derive(Debug, Clone)]
pub(super) struct Names {
    more: Arc<[HeaderName]>,
}

/// Apart from the others, since every name of every request is compared: with a standard name that the compiler knows, that is
/// a byte or two.
const ALWAYS: [HeaderName; 3] = [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION];

impl Names {
    pub(super) fn new() -> Self {
        Self { more: Arc::new([]) }
    }

    /// These too.
    pub(super) fn and(mut self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        for name in names {
            if !self.contains(&name) {
                self.more = self.more.iter().cloned().chain([name]).collect();
            }
        }
        self
    }

    pub(super) fn contains(&self, name: &HeaderName) -> bool {
        ALWAYS.contains(name) || self.more.contains(name)
    }
}

/// `authorization, cookie, proxy-authorization`, and the others.
impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = ALWAYS.iter().chain(&*self.more).map(HeaderName::as_str).collect();
        f.pad(&names.join(", "))
    }
}
