//! Macros for the layers of this crate.

/// Access to the inner service of a middleware, as in tower's own services.
macro_rules! accessors {
    ($service:ident $(, $more:ident)*) => {
        impl<S $(, $more)*> $service<S $(, $more)*> {
            /// Borrows the inner service.
            pub fn get_ref(&self) -> &S {
                &self.inner
            }

            /// Mutably borrows the inner service.
            pub fn get_mut(&mut self) -> &mut S {
                &mut self.inner
            }

            /// Returns the inner service.
            pub fn into_inner(self) -> S {
                self.inner
            }
        }
    };
}

/// A public future of a middleware that hides its inner future.
macro_rules! opaque_future {
    ($(#[$doc:meta])* pub struct $name:ident<F>($inner:ty);) => {
        pin_project_lite::pin_project! {
            $(#[$doc])*
            pub struct $name<F> {
                #[pin]
                inner: $inner,
            }
        }

        impl<F> $name<F> {
            fn new(inner: $inner) -> Self {
                Self { inner }
            }
        }

        impl<F, E> Future for $name<F>
        where
            F: Future<Output = Result<axum::response::Response, E>>,
        {
            type Output = F::Output;

            fn poll(self: std::pin::Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> std::task::Poll<Self::Output> {
                self.project().inner.poll(cx)
            }
        }

        impl<F> std::fmt::Debug for $name<F> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}
