//! Calls into code that must not affect a request.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::base::printable::Printable;

/// Calls an observer. Returns `None` if it panicked, which is logged and affects no request.
///
/// A request can end while its task unwinds. A second panic that left the destructor would abort the process.
#[inline]
pub(crate) fn shielded<T>(call: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| log(&*panic)).ok()
}

#[cold]
fn log(panic: &(dyn Any + Send)) {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(not a string)");
    // The subscriber may have caused the panic. The panic hook has printed the message.
    let _ = catch_unwind(|| tracing::error!(panic = %Printable(text), "an observer panicked"));
}
