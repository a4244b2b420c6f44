//! The security headers of a route, from its configuration, else from the app.

use std::borrow::Cow;

use http::HeaderValue;

use super::step::Step;
use crate::{
    base::setting::Setting,
    config::{Config, RouteConfig},
    edge::{SecurityHeaders, security_headers::SecurityHeaderValues},
};

/// The security headers that the responses of a route get, unless they have them already.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EffectiveSecurityHeaders {
    /// The `Content-Security-Policy` of responses that are not HTML pages.
    pub content_security_policy: Setting<Option<HeaderValue>>,
    /// The `Content-Security-Policy` of HTML pages.
    pub page_content_security_policy: Setting<Option<HeaderValue>>,
    /// The `Referrer-Policy`.
    pub referrer_policy: Setting<Option<HeaderValue>>,
    /// Whether responses have `X-Content-Type-Options: nosniff`.
    pub nosniff: Setting<bool>,
    /// The `Strict-Transport-Security`; `None` if clients may use plain HTTP.
    pub strict_transport_security: Setting<Option<HeaderValue>>,
    /// Whether the route has policies of its own: content security, referrer.
    is_own: [bool; 2],
}

impl EffectiveSecurityHeaders {
    pub(super) fn new(route: Option<&RouteConfig>, config: &Config) -> Self {
        let own_policy = route.and_then(|route| route.content_security_policy.clone());
        let own_referrer_policy = route.and_then(|route| route.referrer_policy.clone());
        let https = &config.security_headers_https;
        Self {
            is_own: [own_policy.is_some(), own_referrer_policy.is_some()],
            content_security_policy: own_policy
                .clone()
                .unwrap_or_else(|| config.security_headers_content_security_policy.clone()),
            page_content_security_policy: own_policy
                .unwrap_or_else(|| config.security_headers_page_content_security_policy.clone()),
            referrer_policy: own_referrer_policy.unwrap_or_else(|| config.security_headers_referrer_policy.clone()),
            nosniff: config.security_headers_nosniff.clone(),
            strict_transport_security: match **https {
                Some(true) => config.security_headers_strict_transport_security.clone(),
                _ => Setting::new(None, https.origin().clone()),
            },
        }
    }

    /// The headers of responses without a route.
    pub(crate) fn of_app(config: &Config) -> SecurityHeaders {
        Self::new(None, config).headers()
    }

    /// The headers of the route, if it has some of its own.
    pub(super) fn own(&self) -> Option<SecurityHeaders> {
        self.is_own.contains(&true).then(|| self.headers())
    }

    /// The settings that the route has of its own.
    pub(super) fn own_settings(&self) -> impl Iterator<Item = (&'static str, &Setting<Option<HeaderValue>>)> {
        let settings =
            [("content_security_policy", &self.content_security_policy), ("referrer_policy", &self.referrer_policy)];
        settings.into_iter().zip(self.is_own).filter_map(|(setting, is_own)| is_own.then_some(setting))
    }

    fn headers(&self) -> SecurityHeaders {
        SecurityHeaders::new(SecurityHeaderValues {
            content_security_policy: (*self.content_security_policy).clone(),
            page_content_security_policy: (*self.page_content_security_policy).clone(),
            referrer_policy: (*self.referrer_policy).clone(),
            nosniff: *self.nosniff,
            strict_transport_security: (*self.strict_transport_security).clone(),
        })
    }

    pub(super) fn steps(&self) -> impl Iterator<Item = Step> {
        let nosniff = if *self.nosniff { "on" } else { "off" };
        let nosniff = Step::router("security_headers", "nosniff", nosniff).from(self.nosniff.origin());
        let values = [
            ("content_security_policy", &self.content_security_policy),
            ("page_content_security_policy", &self.page_content_security_policy),
            ("referrer_policy", &self.referrer_policy),
            ("strict_transport_security", &self.strict_transport_security),
        ];
        let values = values.map(|(name, setting)| {
            Step::router("security_headers", name, shown_header(setting)).from(setting.origin())
        });
        values.into_iter().chain([nosniff])
    }
}

/// The value of a header, or `off`.
pub(super) fn shown_header(value: &Option<HeaderValue>) -> Cow<'_, str> {
    value.as_ref().map_or(Cow::Borrowed("off"), |value| String::from_utf8_lossy(value.as_bytes()))
}
