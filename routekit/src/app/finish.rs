//! The forms of a finished app: a server, a router, a service, or a table of its routes.

use std::{future::Future, pin::Pin};

use axum::Router;
use tokio::net::TcpListener;

use super::{
    builder::App,
    metering::recorder::Scope,
    mounted::Mounted,
    server::{self, BoundListeners, ProcessOwner, StopSignals},
    service::AppService,
    stages,
    table::RouteTable,
};
use crate::{base::setup_problem::Error, config::AdminAddr, policy::Explanation, shutdown::Shutdown};

impl App {
    /// Returns every route with its effective policies, as in the start-up log.
    ///
    /// # Errors
    /// Every problem of the app.
    pub fn table(self) -> Result<RouteTable, Error> {
        Ok(stages::mount(self.spec, Scope::Program)?.table)
    }

    /// Explains how a request to one route is processed. `route` is a method and a path: `GET /v2/users`.
    ///
    /// ```
    /// # use routekit::{config::Config, prelude::*};
    /// #[get("/v2/users", timeout = "2s")]
    /// async fn users() {}
    ///
    /// let app = App::with_routes(routes![users]).config(Config::default());
    /// let explanation = app.explain("GET /v2/users").unwrap();
    /// assert!(explanation.to_string().contains("timeout = 2s (attribute)"));
    /// ```
    ///
    /// # Errors
    /// Every problem of the app, or a route that the app does not have.
    pub fn explain(self, route: &str) -> Result<Explanation, Error> {
        Ok(self.table()?.find(route, "`App::explain`")?)
    }

    /// Turns the app into an axum router, to serve or nest by hand.
    ///
    /// Serve it with `into_make_service_with_connect_info::<SocketAddr>()`. Otherwise clients have no addresses, and
    /// all of them share one quota of each [rate limit](crate::rate_limit).
    ///
    /// Problems and bare 404s come from this router; a router that it is nested in answers its own. The admin surface
    /// is included if `admin_addr` is `main`; see also [`into_routers`](Self::into_routers).
    ///
    /// # Errors
    /// Every problem of the app.
    pub fn into_router(self) -> Result<Router, Error> {
        Ok(self.into_routers()?.0)
    }

    /// Turns the app into a tower service, for a server of your own.
    ///
    /// It costs less per request than [`into_router`](Self::into_router), for which axum puts the layers around each
    /// route. No router can be merged into it.
    ///
    /// # Errors
    /// Every problem of the app.
    pub fn into_service(self) -> Result<AppService, Error> {
        Ok(stages::mount(self.spec, Scope::Program)?.service())
    }

    /// Turns the app and its admin surface into two axum routers, to serve on two listeners. The second one is `None`
    /// if `admin_addr` is `main` or `off`. On loopback, the caller checks the `Host` of requests to it: see
    /// [operation](crate::guide::operation).
    ///
    /// # Errors
    /// Every problem of the app.
    pub fn into_routers(self) -> Result<(Router, Option<Router>), Error> {
        Ok(stages::mount(self.spec, Scope::Program)?.into_routers())
    }

    /// Serves the app until SIGTERM, Ctrl-C or [`Shutdown::begin`](crate::shutdown::Shutdown::begin), and then shuts
    /// it down: see [`shutdown`](crate::shutdown). A second signal ends the process at once. If the shutdown takes more
    /// than its deadline, because a handler blocks its thread, the process ends with 1.
    ///
    /// On Unix, it listens on the sockets that systemd or another supervisor has passed to the process (`LISTEN_FDS`),
    /// and reports to the supervisor when it is ready and when it stops (`NOTIFY_SOCKET`), with the feature `systemd`:
    /// see [restart without downtime](crate::guide::operation#restart-without-downtime). If a process serves several
    /// apps, the first one takes the sockets.
    ///
    /// If no `metrics` recorder is installed, the app installs its own, so that a scrape includes the metrics that
    /// handlers record with `counter!` and the like.
    ///
    /// # Errors
    /// Every problem of the app, an address that it cannot listen on, or a passed socket that it cannot use. With a
    /// [cache in Redis](crate::guide::redis), a server that refuses the user or is too old. Requests that were cut off,
    /// and shutdown hooks that failed.
    pub async fn serve(self) -> Result<(), Error> {
        let (mounted, listeners) = self.bind().await?;
        let (signals, shutdown) = (StopSignals::install(), mounted.shutdown.clone());
        serve(mounted, listeners, (signals.control(&shutdown), ProcessOwner::App)).await
    }

    /// Serves the app like [`serve`](Self::serve) until `stop` completes. Signals do not stop it.
    ///
    /// # Errors
    /// As [`serve`](Self::serve).
    pub async fn run_until(self, stop: impl Future<Output = ()> + Send) -> Result<(), Error> {
        let (mounted, listeners) = self.bind().await?;
        let control = begin_after(mounted.shutdown.clone(), stop);
        serve(mounted, listeners, (control, ProcessOwner::Program)).await
    }

    /// Serves the app on your listener until `stop` completes, and then shuts it down: see
    /// [`shutdown`](crate::shutdown). A test that stops its app sets the drain to zero, as it would wait for it:
    /// [`Config::set_server_drain_delay`](crate::config::Config::set_server_drain_delay).
    ///
    /// It installs no recorder, knows no supervisor, and binds no port but that of `server.redirect_addr`: the admin
    /// surface is served only if [`admin_listener`](Self::admin_listener) was called.
    ///
    /// # Errors
    /// Every problem of the app. Requests that were cut off, and shutdown hooks that failed.
    pub async fn serve_on(mut self, listener: TcpListener, stop: impl Future<Output = ()> + Send) -> Result<(), Error> {
        let admin = self.take_admin_listener();
        self.spec.settings.is_served = true;
        let mounted = stages::mount(self.spec, Scope::Program)?;
        mounted.redis.start().await?;
        mounted.breaker_commands.apply().await;
        let control = begin_after(mounted.shutdown.clone(), stop);
        let listeners = BoundListeners::given(&mounted.config, listener, admin)?;
        serve(mounted, listeners, (control, ProcessOwner::Program)).await
    }

    /// Checks the app, binds its addresses, and installs its recorder.
    async fn bind(mut self) -> Result<(Mounted, BoundListeners), Error> {
        let admin = self.take_admin_listener();
        self.spec.settings.is_served = true;
        let mounted = stages::mount(self.spec, Scope::Program)?;
        mounted.redis.start().await?;
        mounted.breaker_commands.apply().await;
        let listeners = server::bind(&mounted.config, admin)?;
        mounted.install_recorder();
        Ok((mounted, listeners))
    }

    /// Mounts the app for tests, with its own metrics and with no configuration but the program's.
    pub(crate) fn mount_alone(self) -> Result<Mounted, Error> {
        stages::mount(self.spec, Scope::Alone)
    }

    /// Takes the given admin listener, and sets `admin_addr` to its address.
    fn take_admin_listener(&mut self) -> Option<TcpListener> {
        let listener = self.spec.settings.admin_listener.take()?;
        if let Ok(addr) = listener.local_addr() {
            let change = move |config: &mut crate::config::Config| config.admin_addr = AdminAddr::Own(addr).into();
            self.spec.settings.changes.push(Box::new(change));
        }
        Some(listener)
    }
}

/// Serves the app. Boxed, because the future is large, and that of a test may hold several of them on a small stack.
fn serve<'a>(
    mounted: Mounted,
    listeners: BoundListeners,
    control: (impl Future<Output = ()> + Send + 'a, ProcessOwner),
) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>> {
    Box::pin(server::serve(mounted, listeners, control))
}

/// Begins the shutdown after `stop`, and never ends.
async fn begin_after(shutdown: Shutdown, stop: impl Future<Output = ()>) {
    stop.await;
    shutdown.begin("the program stops it");
    std::future::pending::<()>().await;
}
