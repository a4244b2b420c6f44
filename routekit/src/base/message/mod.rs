//! Heads and bodies of HTTP messages.

pub(crate) mod copy_head;
pub(crate) mod late_body;
pub(crate) mod no_content;
