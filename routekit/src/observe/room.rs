//! Capacity for the extensions of a request.

use std::sync::LazyLock;

use http::Extensions;

/// Empty, with capacity for seven. A clone keeps the capacity of its original.
static ROOM: LazyLock<Extensions> = LazyLock::new(|| {
    let mut extensions = Extensions::new();
    extensions.insert(0_u8);
    extensions.insert(0_u16);
    extensions.insert(0_u32);
    extensions.insert(0_u64);
    extensions.clear();
    extensions
});

/// Reserves capacity in empty extensions for as many as a request will have.
///
/// Otherwise they start with capacity for three and grow at the fourth: every request has the peer's address, the
/// [`Exchange`] and three of axum's.
///
/// [`Exchange`]: super::Exchange
pub(crate) fn make_room(extensions: &mut Extensions) {
    if extensions.is_empty() {
        *extensions = ROOM.clone();
    }
}
