//! What is counted elsewhere, and brought over for whoever looks.

use std::{future::Future, pin::Pin};

/// Somebody who counts by itself.
pub(crate) trait Source: Send + Sync {
    /// Brings over what is at hand. `false` once there will be no more.
    fn bring(&self) -> bool;

    /// Brings over what has to be waited for.
    fn ask(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}
