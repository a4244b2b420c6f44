//! The policies of `edge`, from the configuration and the program.

use std::sync::Arc;

use http::Method as HttpMethod;

use crate::{
    app::{declared::DeclaredRoute, spec::EdgeSpec},
    base::{
        clock::Clock,
        setting::{Origin, Setting},
    },
    config::Config,
    edge::{CorsAnswers, CorsPolicy, CorsRules, CrossSiteCheck, SecurityHeadersLayer, web_origin},
    observe::RouteState,
    policy::{Edge, EffectiveSecurityHeaders},
    route::Method,
};

/// Adds the settings of the program. `has_certificate` is whether the app serves HTTPS itself.
pub(super) fn configure(config: &mut Config, program: EdgeSpec, has_certificate: bool) {
    if let Some((values, https)) = program.security_headers.map(SecurityHeadersLayer::parts) {
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
    if let Some(policy) = program.cors {
        let CorsPolicy { origins, methods, headers, expose_headers, credentials, max_age } = policy;
        or_code(&mut config.cors_origins, Some(origins));
        or_code(&mut config.cors_methods, methods);
        or_code(&mut config.cors_headers, headers);
        or_code(&mut config.cors_expose_headers, expose_headers);
        or_code(&mut config.cors_credentials, credentials);
        or_code(&mut config.cors_max_age, max_age);
    }
}

/// Sets what the configuration does not set and the program has changed.
fn or_code<T: PartialEq>(setting: &mut Setting<T>, code: T) {
    if *setting.origin() == Origin::Default && **setting != code {
        *setting = Setting::new(code, Origin::Code);
    }
}

/// Around the router of the app. The configuration has been checked. `unmatched` observes requests whose route is not
/// known.
#[cfg_attr(not(feature = "decompression"), expect(unused_variables, reason = "only decompression reports to it"))]
pub(super) fn of_app(
    config: &Config,
    routes: &[DeclaredRoute],
    has_hand_written: bool,
    unmatched: &Arc<RouteState>,
) -> Edge {
    Edge {
        proxies: Some((*config.trusted_proxies).clone()).filter(|proxies| !proxies.is_empty()),
        security_headers: EffectiveSecurityHeaders::of_app(config),
        cors: cors_rules(config).map(|rules| {
            let declared = routes.iter().map(|declared| {
                let method = match declared.route.meta().method {
                    Method::Any => None,
                    method => Some(HttpMethod::from(method)),
                };
                (&*declared.path, method)
            });
            Arc::new(CorsAnswers::new(rules, declared, has_hand_written))
        }),
        #[cfg(feature = "compression")]
        compression: (*config.compression_enabled)
            .then(|| crate::edge::ResponseCompression::new(*config.compression_min_bytes)),
        #[cfg(feature = "decompression")]
        decompression: (*config.decompression_enabled).then(|| {
            let limits = routes.iter().map(|declared| *declared.policies.body_limit);
            crate::edge::BodyDecompression::new(limits.fold(*config.body_limit, u64::max))
                .observer(Arc::<RouteState>::clone(unmatched))
        }),
    }
}

/// Around the admin surface with its own listener, which the settings of the app's responses do not concern.
pub(super) fn of_admin() -> Edge {
    Edge::headers_only(EffectiveSecurityHeaders::of_app(&Config::default()))
}

fn cors_rules(config: &Config) -> Option<CorsRules> {
    let origins = config.cors_origins.as_deref()?;
    let is_any = origins.iter().any(|origin| origin == "*");
    Some(CorsRules {
        origins: (!is_any).then(|| origins.iter().filter_map(|origin| web_origin(origin).ok()).collect()),
        methods: (*config.cors_methods).clone(),
        headers: (*config.cors_headers).clone(),
        expose_headers: (*config.cors_expose_headers).clone(),
        credentials: *config.cors_credentials,
        max_age: *config.cors_max_age,
    })
}

/// The check of requests with identities from cookies. It trusts the origins that may send them by CORS.
pub(super) fn csrf(config: &Config, clock: &Clock) -> Option<CrossSiteCheck> {
    let with_credentials = config.cors_origins.as_deref().filter(|_| *config.cors_credentials).unwrap_or_default();
    let trusted = config.csrf_origins.iter().chain(with_credentials);
    let trusted: Vec<_> = trusted.filter_map(|origin| web_origin(origin).ok()).collect();
    (*config.csrf_enabled).then(|| CrossSiteCheck::new(&trusted, *config.csrf_allow_same_site).clock(clock.clone()))
}
