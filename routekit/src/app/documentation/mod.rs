//! The OpenAPI document and the page with the documentation: what they say about the app as a whole, and where they
//! are served. Without the feature `schema`, there are none (`disabled`).

#[cfg(not(feature = "schema"))]
mod disabled;
#[cfg(feature = "schema")]
mod enabled;

#[cfg(not(feature = "schema"))]
pub(super) use self::disabled::{PATHS, check, facts, router, title, trial_router};
#[cfg(feature = "schema")]
pub(super) use self::enabled::{PATHS, check, facts, router, title, trial_router};
use crate::{
    base::setting::Setting,
    config::{Config, OpenApiAccess},
    route::Access,
};

/// Who may read them on the main listener.
pub(super) fn access(config: &Config, default: &Setting<Access>) -> Access {
    match *config.openapi_access {
        OpenApiAccess::App => (**default).clone(),
        OpenApiAccess::Public => Access::Public,
        OpenApiAccess::Identified => Access::identified(),
    }
}
