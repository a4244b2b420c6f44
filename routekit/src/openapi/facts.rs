//! What a document is made from.

use super::{info::ApiInfo, security::SecuritySchemes};
use crate::{
    config::OpenApiVersion,
    policy::{EffectivePolicies, Explanation},
    rate_limit::RateLimitHeaders,
    route::{Description, Method},
};

/// A route, as the document shows it.
#[derive(Debug, Clone)]
pub(crate) struct DocumentedRoute<'a> {
    pub(crate) path: &'a str,
    /// A route with every method is shown once for each.
    pub(crate) method: Method,
    pub(crate) explanation: Explanation,
    pub(crate) policies: &'a EffectivePolicies,
    pub(crate) description: &'a Description,
}

impl DocumentedRoute<'_> {
    pub(super) fn label(&self) -> String {
        format!("{} ({})", self.explanation.route, self.explanation.meta.location())
    }
}

/// What the document says about the app as a whole.
#[derive(Debug, Clone)]
pub(crate) struct ApiFacts {
    pub(crate) info: ApiInfo,
    pub(crate) version: OpenApiVersion,
    pub(crate) security: SecuritySchemes,
    pub(crate) rate_limit_headers: RateLimitHeaders,
    /// The URL at which the app listens, for the examples of the page.
    pub(crate) url: String,
    /// Whether the program renders problems in a format of its own.
    pub(crate) own_problems: bool,
    /// Whether requests of other sites are refused, if they may have an identity from a cookie.
    pub(crate) csrf: bool,
    /// Whether the app decompresses the bodies of requests.
    pub(crate) decompression: bool,
}
