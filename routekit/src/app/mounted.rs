//! A checked app, ready to serve requests.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::Router;
use parking_lot::Mutex;
use tower_layer::Layer;

use super::{
    background_work::BackgroundWork,
    metering::{cache::CacheMetering, recorder::Metering},
    monitoring::AlertMonitor,
    redis::RedisSetup,
    service::AppService,
    shutdown_hook::ShutdownHook,
    table::RouteTable,
    tls::ServerCertificate,
    warm_up::{HotPages, WarmUp, WarmUpPlan},
};
use crate::{
    admin,
    auth::Verifiers,
    base::clock::Clock,
    breaker::BreakerCommands,
    config::Config,
    health::{HealthMonitor, Readiness},
    metrics::Exporter,
    observe::RouteState,
    performance::Metrics,
    policy::{AroundRouter, AroundRouterLayer, Edge},
    problem::ProblemFormat,
    sensitive_headers::SensitiveHeadersLayer,
    shutdown::Shutdown,
    system::SystemMonitor,
};

/// An app that passed all checks.
pub(crate) struct Mounted {
    pub(super) router: Router,
    /// The admin surface, if it has its own listener.
    pub(super) admin: Option<Router>,
    pub(super) clock: Clock,
    pub(super) problems: Option<ProblemFormat>,
    pub(super) unmatched: Arc<RouteState>,
    pub(super) sensitive_headers: SensitiveHeadersLayer,
    pub(super) edge: Edge,
    /// Of the admin surface with its own listener.
    pub(super) admin_edge: Edge,
    /// Boxed, as it is large.
    pub(crate) config: Box<Config>,
    pub(crate) readiness: Readiness,
    pub(super) shutdown: Shutdown,
    pub(super) shutdown_hooks: Mutex<Vec<ShutdownHook>>,
    pub(super) background_work: BackgroundWork,
    pub(super) health: HealthMonitor,
    pub(super) alerts: Arc<AlertMonitor>,
    pub(crate) table: RouteTable,
    pub(super) metering: Metering,
    pub(super) cache_metering: Arc<CacheMetering>,
    pub(crate) metrics: Metrics,
    pub(super) verifiers: Arc<Verifiers>,
    pub(super) system: SystemMonitor,
    pub(super) warm_up: WarmUpPlan,
    /// For HTTPS on the main listener.
    pub(super) certificate: Option<ServerCertificate>,
    pub(super) redis: RedisSetup,
    pub(super) breaker_commands: BreakerCommands,
    pub(super) hot_pages: Option<Arc<HotPages>>,
}

/// The admin surface with the layers around it.
pub(crate) type AdminService = AroundRouter<Router>;

impl Mounted {
    /// The app as an axum router, and the admin surface if it is separate.
    pub(crate) fn into_routers(self) -> (Router, Option<Router>) {
        self.breaker_commands.follow();
        let around_admin =
            AroundRouterLayer::admin(self.sensitive_headers.clone(), self.clock.clone(), self.admin_edge.clone());
        let around = AroundRouterLayer::app(
            self.sensitive_headers,
            self.unmatched,
            self.clock,
            self.problems,
            (self.shutdown, *self.config.explain_requests > 0),
            self.edge,
        );
        (self.router.layer(around), self.admin.map(|admin| admin.layer(around_admin)))
    }

    /// The URL of the main listener.
    pub(super) fn url(&self, addr: SocketAddr) -> String {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://{addr}")
    }

    /// The app as a service. An axum router would repeat the outer layers around each route and for each connection.
    pub(crate) fn service(&self) -> AppService {
        self.breaker_commands.follow();
        let unmatched = Arc::clone(&self.unmatched);
        let around = AroundRouterLayer::app(
            self.sensitive_headers.clone(),
            unmatched,
            self.clock.clone(),
            self.problems.clone(),
            (self.shutdown.clone(), *self.config.explain_requests > 0),
            self.edge.clone(),
        );
        AppService(around.layer(self.router.clone()))
    }

    /// The service of the connections to an admin listener with this address.
    pub(crate) fn admin_service(&self, listens_on: IpAddr) -> Option<AdminService> {
        let admin = self.admin.clone()?;
        let admin = admin::without_cross_site(admin);
        let admin = if listens_on.is_loopback() { admin::local_hosts_only(admin) } else { admin };
        let (sensitive_headers, edge) = (self.sensitive_headers.clone(), self.admin_edge.clone());
        Some(AroundRouterLayer::admin(sensitive_headers, self.clock.clone(), edge).layer(admin))
    }

    /// The warm-up of an app that listens on `addr`. It has the layers of the admin surface, because warm-up requests
    /// are not client traffic either.
    pub(crate) fn warm_up(&self, addr: Option<SocketAddr>) -> WarmUp {
        let (sensitive_headers, edge) = (self.sensitive_headers.clone(), self.admin_edge.clone());
        let around = AroundRouterLayer::admin(sensitive_headers, self.clock.clone(), edge);
        let usual_port = if self.certificate.is_some() { 443 } else { 80 };
        let addr = addr.map(|addr| (addr, usual_port));
        WarmUp::new(
            (&self.warm_up, self.hot_pages.as_deref()),
            addr,
            around.layer(self.router.clone()),
            self.clock.clone(),
        )
    }

    /// Writes the hottest pages for the next process, if the configuration names a file for them.
    pub(super) fn save_hot_pages(&self) {
        if let Some(hot_pages) = &self.hot_pages {
            hot_pages.write();
        }
    }

    /// Installs the app's recorder globally, if the program has none.
    pub(super) fn install_recorder(&self) {
        self.metering.install();
    }

    /// A future that reports the health of a store outside the process to the program's recorder. `None` if the app has
    /// its own exporter, which checks the store on each scrape.
    pub(super) fn run_cache_metering(&self) -> Option<impl Future<Output = ()> + Send + use<>> {
        self.metering.exporter().is_none().then(|| Arc::clone(&self.cache_metering).run())
    }

    /// A future that reads the files of the certificate again when they change. `None` without one.
    pub(super) fn watch_certificate(&self) -> Option<impl Future<Output = ()> + Send + use<>> {
        self.certificate
            .as_ref()
            .map(|certificate| certificate.clone().watch(self.clock.clone(), &self.metering.recorder()))
    }

    /// The exporter, unless the program's recorder keeps the metrics.
    pub(crate) fn exporter(&self) -> Option<&Exporter> {
        self.metering.exporter()
    }
}
