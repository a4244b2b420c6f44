//! Shapes that every layer here has.

/// What a service that wraps another offers (as tower's own do).
macro_rules! accessors {
    ($service:ident $(, $more:ident)*) => {
        impl<S $(, $more)*> $service<S $(, $more)*> {
            /// The inner service.
            pub fn get_ref(&self) -> &S {
                &self.inner
            }

            /// The inner service.
            pub fn get_mut(&mut self) -> &mut S {
                &mut self.inner
            }

            /// The inner service.
            pub fn into_inner(self) -> S {
                self.inner
            }
        }
    };
}
