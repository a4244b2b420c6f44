//! Settings that can be changed without writing code, and the origin of each value.
//!
//! ```
//! use std::time::Duration;
//! use routekit::config::Config;
//!
//! let file = "
//!     timeout = '10s'
//!
//!     [cache]
//!     max_bytes = '256MiB'
//! ";
//! let config = Config::builder()
//!     .toml("routekit.toml", file)
//!     .variable("ROUTEKIT_TIMEOUT", "5s")
//!     .build()?;
//! assert_eq!(**config.timeout(), Some(Duration::from_secs(5)));
//! assert_eq!(**config.cache_max_bytes(), 256 * 1024 * 1024);
//! # Ok::<(), routekit::Error>(())
//! ```
//!
#![doc = include_str!("../../docs/configuration.md")]

mod admin_addr;
mod app;
mod app_settings;
mod builder;
mod check;
mod keys;
mod openapi;
mod parse;
mod reader;
#[cfg(test)]
mod reference;
mod route;
mod secret;
mod service_links;
mod setting_problems;
mod settings;
mod show;

pub use self::{
    admin_addr::AdminAddr,
    builder::ConfigBuilder,
    openapi::{OpenApiAccess, OpenApiVersion, ServeOpenApi},
    secret::Secret,
    settings::Config,
};
pub(crate) use self::{
    parse::proxies,
    route::RouteConfig,
    setting_problems::{invalid_file, place},
};
pub use crate::base::setting::{Origin, Setting};
