//! The checks that routekit brings.

mod cache;
mod disk;
mod http;
#[cfg(feature = "sqlx")]
mod sql;
mod system;
mod tcp;
