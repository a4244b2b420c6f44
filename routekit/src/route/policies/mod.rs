//! The policies that a route declares, as data.

mod access;
mod alert;
mod breaker;
mod cache;
mod cdn_tags;
mod declared;
mod deprecation;
mod fallback;
mod idempotent;
mod invalidates;
mod rate_limit;
mod request_text;
mod slo;

pub(crate) use self::slo::is_objective;
pub use self::{
    access::{Access, DeclaredAccess, Grant, GrantKind, Requirements},
    alert::AlertPolicy,
    breaker::{BreakerPolicy, ClassifyResponse, Ratio, Window},
    cache::{Audience, CachePolicy, Consistency},
    cdn_tags::CdnTags,
    declared::Policies,
    deprecation::Deprecation,
    fallback::{Fallback, fallback},
    idempotent::IdempotentPolicy,
    invalidates::Invalidates,
    rate_limit::{RateLimitKey, RateLimitPolicy},
    request_text::{RequestFunction, RequestText},
    slo::{LatencyObjective, SloPolicy},
};
