//! The policies of `edge`, from the configuration and the program.

use crate::{
    base::setting::{Origin, Setting},
    config::Config,
    edge::SecurityHeadersLayer,
    policy::{Edge, EffectiveSecurityHeaders},
};

/// Adds the settings of the program, which the configuration overrides. `has_certificate` is whether the app serves
/// HTTPS itself.
pub(super) fn configure(config: &mut Config, security_headers: Option<SecurityHeadersLayer>, has_certificate: bool) {
    if let Some((values, https)) = security_headers.map(SecurityHeadersLayer::parts) {
        or_code(&mut config.security_headers_content_security_policy, values.content_security_policy);
        or_code(&mut config.security_headers_page_content_security_policy, values.page_content_security_policy);
        or_code(&mut config.security_headers_referrer_policy, values.referrer_policy);
        or_code(&mut config.security_headers_nosniff, values.nosniff);
        or_code(&mut config.security_headers_strict_transport_security, values.strict_transport_security);
        or_code(&mut config.security_headers_https, https);
    }
    if config.security_headers_https.is_none() {
        let origin = config.security_headers_https.origin().clone();
        config.security_headers_https = Setting::new(Some(has_certificate), origin);
    }
}

/// Sets what the configuration does not set and the program has changed.
fn or_code<T: PartialEq>(setting: &mut Setting<T>, code: T) {
    if *setting.origin() == Origin::Default && **setting != code {
        *setting = Setting::new(code, Origin::Code);
    }
}

/// Around the router of the app.
pub(super) fn of_app(config: &Config) -> Edge {
    Edge { security_headers: EffectiveSecurityHeaders::of_app(config) }
}

/// Around the admin surface with its own listener, which the settings of the app's responses do not concern.
pub(super) fn of_admin() -> Edge {
    Edge { security_headers: EffectiveSecurityHeaders::of_app(&Config::default()) }
}
