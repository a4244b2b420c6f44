//! Functions that derive a text from the head of a request, such as a partition or a cache key.

use std::{fmt, sync::Arc};

use http::request::Parts;

/// A function that derives a text from the head of a request: `key` and `partition` of a cached route.
#[derive(Clone)]
pub struct RequestText(TextSource);

#[derive(Clone)]
enum TextSource {
    Function(fn(&Parts) -> String),
    Closure(Arc<dyn Fn(&Parts) -> String + Send + Sync>),
}

impl RequestText {
    /// Creates a text from a function, which is called once for each request.
    #[must_use]
    pub fn new(text: impl Fn(&Parts) -> String + Send + Sync + 'static) -> Self {
        Self(TextSource::Closure(Arc::new(text)))
    }

    /// Creates a text from a function pointer, in const context.
    #[must_use]
    pub const fn of_fn(text: fn(&Parts) -> String) -> Self {
        Self(TextSource::Function(text))
    }

    pub(crate) fn of(&self, request: &Parts) -> String {
        match &self.0 {
            TextSource::Function(text) => text(request),
            TextSource::Closure(text) => text(request),
        }
    }

    /// Whether both are certainly the same function, so that calling one of them is enough. With `false`, the texts may
    /// still be equal.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (TextSource::Function(one), TextSource::Function(other)) => std::ptr::fn_addr_eq(*one, *other),
            (TextSource::Closure(one), TextSource::Closure(other)) => Arc::ptr_eq(one, other),
            (TextSource::Function(_), TextSource::Closure(_)) | (TextSource::Closure(_), TextSource::Function(_)) => {
                false
            }
        }
    }
}

/// The path of a function that an attribute names as `key` or `partition`. It cannot be a closure, because a constant
/// has no destructor to run.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct RequestFunction(fn(&Parts) -> String);

impl RequestFunction {
    #[must_use]
    pub const fn new(text: fn(&Parts) -> String) -> Self {
        Self(text)
    }

    pub(super) const fn text(self) -> RequestText {
        RequestText::of_fn(self.0)
    }
}

impl fmt::Debug for RequestFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestFunction")
    }
}

impl fmt::Debug for RequestText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestText")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(parts: &Parts) -> String {
        parts.uri.path().to_owned()
    }

    #[test]
    fn functions_and_closures_are_called_with_the_head() {
        let (parts, ()) = http::Request::builder().uri("/acme").body(()).unwrap().into_parts();
        let prefix = "tenant:".to_owned();
        let closure = RequestText::new(move |parts| format!("{prefix}{}", parts.uri.path()));
        assert_eq!(RequestText::of_fn(tenant).of(&parts), "/acme");
        assert_eq!(closure.of(&parts), "tenant:/acme");
        assert!(closure.is_same(&closure.clone()) && !closure.is_same(&RequestText::of_fn(tenant)));
    }
}
