//! Responses of a cached route: whether one is storable, and what clients, proxies and the store are told.
//!
//! - [`storable`] decides whether a response may be stored (RFC 9111 §3), and [`parts`] are what a handler says about
//!   it.
//! - [`compress`] decides whether its body is stored compressed.
//! - [`outgoing`] writes the headers of a response that leaves.
//! - [`revalidate`] sends the validators of a stale response, and merges a 304 into it.
//! - [`conditional`] shortens a response to 304, 206, 412 or 416.

pub(in crate::cache) mod compress;
pub(in crate::cache) mod conditional;
pub(in crate::cache) mod outgoing;
pub(in crate::cache) mod parts;
pub(in crate::cache) mod revalidate;
pub(in crate::cache) mod storable;
