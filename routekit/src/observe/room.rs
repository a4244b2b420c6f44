//! Room for the extensions of a request.

use std::sync::LazyLock;

use http::Extensions;

/// Empty, with room for seven. A clone keeps the room of its original.
static ROOM: LazyLock<Extensions> = LazyLock::new(|| {
    let mut extensions = Extensions::new();
    extensions.insert(0_u8);
    extensions.insert(0_u16);
    extensions.insert(0_u32);
    extensions.insert(0_u64);
    extensions.clear();
    extensions
});

/// Gives extensions that are still empty room for as many as a request will have.
///
/// They would otherwise start with room for three and grow at the fourth: the peer's address, the [`Exchange`] and
/// three of axum's are in every request.
///
/// [`Exchange`]: super::Exchange
pub(crate) fn make_room(extensions: &mut Extensions) {
    if extensions.is_empty() {
        *extensions = ROOM.clone();
    }
}
