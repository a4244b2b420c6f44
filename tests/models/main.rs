//! Models of the breaker under loom: every order of the threads' steps that the memory model allows.
//!
//! The files are routekit's own, with loom's atomics and locks in place of the standard library's (`sync` below).

#![allow(clippy::unwrap_used, reason = "test code")]
#![allow(dead_code, missing_docs, unreachable_pub, reason = "the files are parts of a whole that is not here")]

#[path = "../../routekit/src/base/property.rs"]
mod property;

mod base {
    pub(crate) use crate::property;

    pub mod clock {
        pub use routekit::ManualClock;
    }
}

mod route {
    pub use routekit::{
        __private::BreakerPolicy,
        breaker::{Outcome, Ratio, Window},
    };
}

mod breaker {
    #[path = "../../../routekit/src/breaker/machine/gate.rs"]
    pub mod gate;
    #[path = "../../../routekit/src/breaker/machine/open.rs"]
    mod open;
    #[path = "../../../routekit/src/breaker/machine/settings.rs"]
    mod settings;
    #[path = "../../../routekit/src/breaker/machine/state.rs"]
    mod state;
    #[path = "../../../routekit/src/breaker/machine/transition.rs"]
    mod transition;
    #[path = "../../../routekit/src/breaker/machine/window.rs"]
    mod window;

    pub use self::{
        open::Open,
        transition::{State, Transition},
    };

    pub use crate::route::Outcome;

    mod sync {
        pub(super) use loom::sync::{
            Mutex, MutexGuard,
            atomic::{AtomicU64, Ordering},
        };

        pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
            mutex.lock().unwrap()
        }
    }

    mod models;
}
