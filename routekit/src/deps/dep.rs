//! The extractor of one dependency.

use std::{any::type_name, fmt, ops::Deref, sync::Arc};

/// Extracts a dependency that was added with [`App::provide`](crate::App::provide).
///
/// ```
/// use routekit::prelude::*;
///
/// struct Greeting(&'static str);
///
/// #[get("/hello")]
/// async fn hello(greeting: Dep<Greeting>) -> &'static str {
///     greeting.0
/// }
/// # let _app = App::with_routes(routes![hello]).provide(Greeting("hi"));
/// ```
///
/// Dependencies are found by type, so there is one of each type. Wrap two connection pools of the same type in
/// newtypes.
///
/// A route with a `Dep<T>` that was not provided fails the check at start-up. An `Option<Dep<T>>` is `None` instead.
#[doc(alias = "dependency injection")]
pub struct Dep<T: ?Sized>(Arc<T>);

impl<T: ?Sized> Dep<T> {
    /// Wraps a value, for calling a handler in a unit test.
    #[must_use]
    pub fn new(value: Arc<T>) -> Self {
        Self(value)
    }

    /// Returns the shared value.
    #[must_use]
    pub fn into_inner(self) -> Arc<T> {
        self.0
    }
}

impl<T> From<T> for Dep<T> {
    fn from(value: T) -> Self {
        Self(Arc::new(value))
    }
}

impl<T: ?Sized> Clone for Dep<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: ?Sized> Deref for Dep<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: ?Sized> fmt::Debug for Dep<T> {
    /// Prints only the type, because dependencies may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dep<{}>", type_name::<T>())
    }
}
