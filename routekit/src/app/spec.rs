//! The settings of an app as the program gave them, grouped by the stage that reads them.

use std::{any::TypeId, panic::Location, sync::Arc};

use axum::Router;
use tokio::net::TcpListener;

use super::{hand_written::HandWritten, monitoring::AlertHook, shutdown_hook::ShutdownHook, warm_up::WarmUpSpec};
use crate::{
    alerts::Alerts,
    auth::Verifiers,
    base::clock::Clock,
    breaker::CircuitBreaker,
    cache::{CacheBuilder, Listener},
    config::Config,
    deps::DepsBuilder,
    edge::{CorsPolicy, SecurityHeadersLayer},
    health::{HealthCheck, Readiness},
    observe::Observer,
    problem::ProblemFormat,
    rate_limit::Limit,
    route::Selection,
    shutdown::Shutdown,
};

#[cfg(feature = "schema")]
pub(super) use crate::openapi::ApiInfo;

/// Without the feature, there is none.
#[cfg(not(feature = "schema"))]
pub(super) type ApiInfo = ();

/// All settings of the program, unchecked.
pub(super) struct AppSpec {
    pub(super) settings: SettingsSpec,
    pub(super) routes: RoutesSpec,
    pub(super) dependencies: DependenciesSpec,
    pub(super) breakers: BreakersSpec,
    pub(super) program: ProgramSpec,
}

/// The configuration, and the cache that it applies to.
pub(super) struct SettingsSpec {
    /// Replaces the file and the variables of the process.
    pub(super) config: Option<Box<Config>>,
    pub(super) changes: Vec<ChangeConfig>,
    /// Unless the configuration names others.
    pub(super) trusted_proxies: Vec<String>,
    /// Unless the configuration has others.
    pub(super) rate_limits: Vec<Limit>,
    pub(super) admin_listener: Option<TcpListener>,
    pub(super) cache: CacheBuilder,
    /// What a test changes about it, after the configuration.
    pub(super) change_cache: Option<fn(CacheBuilder) -> CacheBuilder>,
    pub(super) edge: EdgeSpec,
    /// Whether routekit accepts the connections, so that it needs the certificate.
    pub(super) is_served: bool,
}

/// The settings of the policies of `edge`, which the configuration overrides.
#[derive(Default)]
pub(super) struct EdgeSpec {
    pub(super) security_headers: Option<SecurityHeadersLayer>,
    pub(super) cors: Option<CorsPolicy>,
}

/// Which routes to mount, and the settings that apply to all of them.
pub(super) struct RoutesSpec {
    pub(super) selection: Selection,
    pub(super) expected_crates: Vec<String>,
    pub(super) prefix: String,
    /// Whether a route that does not declare its access requires an identity.
    pub(super) require_auth: bool,
    /// Whether the app may serve nothing but its own paths.
    pub(super) allow_none: bool,
}

/// The values that handlers depend on.
pub(super) struct DependenciesSpec {
    pub(super) deps: DepsBuilder,
    /// One entry for each `provide` call, to find types that are provided twice.
    pub(super) provided: Vec<Provided>,
}

/// A provided type, and the place of the call.
pub(super) struct Provided {
    pub(super) type_id: TypeId,
    pub(super) type_name: &'static str,
    pub(super) location: &'static Location<'static>,
}

/// The circuit breakers that the program adds, and those that it provides to handlers.
#[derive(Default)]
pub(super) struct BreakersSpec {
    /// Each with the place of its `breaker` call.
    pub(super) given: Vec<(CircuitBreaker, &'static Location<'static>)>,
    pub(super) provided: Vec<ProvidedBreaker>,
}

/// A breaker of the app that handlers take as a type of their own.
pub(super) struct ProvidedBreaker {
    pub(super) name: String,
    pub(super) location: &'static Location<'static>,
    /// Makes the dependency of the breaker.
    pub(super) provide: ProvideBreaker,
}

/// Parts of the program that run beside its routes.
pub(super) struct ProgramSpec {
    pub(super) verifiers: Verifiers,
    pub(super) hand_written: Vec<HandWritten>,
    pub(super) warm_up: WarmUpSpec,
    pub(super) layers: Vec<AddLayer>,
    pub(super) observers: Vec<Arc<dyn Observer>>,
    /// Called after each invalidation.
    pub(super) listeners: Vec<Listener>,
    /// Each with the place of its `health` call.
    pub(super) health: Vec<(HealthCheck, &'static Location<'static>)>,
    pub(super) readiness: Readiness,
    pub(super) alerts: Alerts,
    /// Called after each change of an alert.
    pub(super) alert_hooks: Vec<AlertHook>,
    pub(super) shutdown: Shutdown,
    pub(super) shutdown_hooks: Vec<ShutdownHook>,
    pub(super) clock: Clock,
    /// The format of problems; the standard document if `None`.
    pub(super) problems: Option<ProblemFormat>,
    /// Whether rejections of the program's own extractors become problems.
    pub(super) problems_for_all: bool,
    /// What the OpenAPI document says about the API.
    pub(super) api_info: Option<Box<ApiInfo>>,
}

pub(super) type AddLayer = Box<dyn FnOnce(Router) -> Router + Send>;
pub(super) type ProvideBreaker = Box<dyn FnOnce(CircuitBreaker, &mut DepsBuilder) + Send>;
pub(super) type ChangeConfig = Box<dyn FnOnce(&mut Config) + Send>;

impl AppSpec {
    pub(super) fn new(selection: Selection) -> Self {
        Self {
            settings: SettingsSpec {
                config: None,
                changes: Vec::new(),
                trusted_proxies: Vec::new(),
                rate_limits: Vec::new(),
                admin_listener: None,
                cache: CacheBuilder::default(),
                change_cache: None,
                edge: EdgeSpec::default(),
                is_served: false,
            },
            routes: RoutesSpec {
                selection,
                expected_crates: Vec::new(),
                prefix: String::new(),
                require_auth: false,
                allow_none: false,
            },
            dependencies: DependenciesSpec { deps: DepsBuilder::default(), provided: Vec::new() },
            breakers: BreakersSpec::default(),
            program: ProgramSpec {
                verifiers: Verifiers::new(),
                hand_written: Vec::new(),
                warm_up: WarmUpSpec::default(),
                layers: Vec::new(),
                observers: Vec::new(),
                listeners: Vec::new(),
                health: Vec::new(),
                readiness: Readiness::new(),
                alerts: Alerts::new(),
                alert_hooks: Vec::new(),
                shutdown: Shutdown::new(),
                shutdown_hooks: Vec::new(),
                clock: Clock::system(),
                problems: None,
                problems_for_all: false,
                api_info: None,
            },
        }
    }
}
