//! A store in Redis or Valkey, which any number of programs share.

pub(in crate::cache) mod builder;
pub(in crate::cache) mod settings_error;
pub(in crate::cache) mod store;

mod ban_list;
mod engine;
mod envelope;
mod key_layout;
mod link;
mod missed;
mod reply;
mod scripts;
mod timeline;
