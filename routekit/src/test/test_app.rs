//! An app without a socket.

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, Request},
    response::Response,
};
use tower_service::Service as _;

use super::answer::Answer;
use crate::{
    app::{AdminService, App, AppService, Mounted, RouteTable, WarmUpReport},
    base::{clock::Clock, setup_problem::Error},
    config::AdminAddr,
    metrics::Exporter,
    route::Route,
};

/// An app in this process, with its own metrics. See the [module docs](crate::test) for an example.
#[derive(Clone)]
pub struct TestApp {
    mounted: Arc<Mounted>,
    surface: Surface,
}

/// The service that receives the requests. It is created once, as for a connection.
#[derive(Clone)]
enum Surface {
    App(AppService),
    Admin(AdminService),
    /// Something between the test and the app.
    Other(Arc<dyn Answer>),
}

impl TestApp {
    /// Builds the app without changes.
    ///
    /// # Panics
    /// If the app would not start; the message lists all problems.
    #[track_caller]
    #[must_use]
    pub fn new(app: App) -> Self {
        Self::builder(app).build()
    }

    /// Starts building the app, with other routes or dependencies.
    pub fn builder(app: App) -> TestAppBuilder {
        TestAppBuilder { app }
    }

    /// Returns the admin surface of the same app. The result sends its requests there.
    ///
    /// # Panics
    /// If the admin surface is not separate: `admin_addr` is `main` or `off`.
    #[track_caller]
    #[must_use]
    pub fn admin(&self) -> Self {
        let listens_on = match *self.mounted.config.admin_addr {
            AdminAddr::Own(addr) => addr.ip(),
            other => panic!("`admin_addr` is {other}"),
        };
        match self.mounted.admin_service(listens_on) {
            Some(admin) => Self { mounted: Arc::clone(&self.mounted), surface: Surface::Admin(admin) },
            None => panic!("`admin_addr` is {}", *self.mounted.config.admin_addr),
        }
    }

    /// Sends a request that was built by hand. The response body is not read.
    ///
    /// The client's address is 127.0.0.1:0, unless the request has a `ConnectInfo` extension.
    pub async fn call(&self, mut request: Request) -> Response {
        let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        request.extensions_mut().get_or_insert_with(|| ConnectInfo(here));
        // An app service is always ready.
        let answered = match &self.surface {
            Surface::App(app) => app.clone().call(request).await,
            Surface::Admin(admin) => admin.clone().call(request).await,
            Surface::Other(answer) => return answer.answer(request).await,
        };
        match answered {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    /// The same app, whose requests `answer` takes.
    pub(super) fn answered_by(self, answer: Arc<dyn Answer>) -> Self {
        Self { surface: Surface::Other(answer), ..self }
    }

    /// Warms up the cache, as a server does before it is ready ([`App::warm`]). A test app does so only in this method.
    ///
    /// Without [`App::warm_host`], pages are requested without a host, as by [`get`](Self::get).
    pub async fn warm_up(&self) -> WarmUpReport {
        self.mounted.warm_up(None).run().await
    }

    /// Returns the metrics of this app in the Prometheus text format. They are not shared with other apps.
    /// Empty without the feature `prometheus`.
    #[must_use]
    pub fn metrics(&self) -> String {
        self.mounted.exporter().map(Exporter::render).unwrap_or_default()
    }

    /// Returns the routes of the app.
    #[must_use]
    pub fn table(&self) -> &RouteTable {
        &self.mounted.table
    }
}

impl fmt::Debug for TestApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestApp").field("routes", &self.mounted.table).finish_non_exhaustive()
    }
}

/// Builds a [`TestApp`].
#[derive(Debug)]
#[must_use]
pub struct TestAppBuilder {
    app: App,
}

impl TestAppBuilder {
    /// Replaces the routes. Hand-written routers stay, and `expect_crates` is ignored.
    pub fn only(mut self, routes: impl IntoIterator<Item = Route>) -> Self {
        self.app.select(routes.into_iter().collect());
        self
    }

    /// Provides a dependency, or replaces the one that the app provides.
    pub fn provide<T: Send + Sync + 'static>(self, value: T) -> Self {
        self.provide_shared(Arc::new(value))
    }

    /// Provides a value that is already shared, such as a trait object.
    pub fn provide_shared<T: ?Sized + Send + Sync + 'static>(mut self, value: Arc<T>) -> Self {
        self.app.replace(value);
        self
    }

    /// Sets the clock, such as [`ManualClock::clock`](crate::ManualClock::clock). Defaults to the system's clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.app = self.app.clock(clock);
        self
    }

    /// Builds the app.
    ///
    /// # Panics
    /// If the app would not start; the message lists all problems.
    #[track_caller]
    #[must_use]
    pub fn build(self) -> TestApp {
        match self.try_build() {
            Ok(app) => app,
            Err(error) => panic!("{error}"),
        }
    }

    /// Builds the app.
    ///
    /// # Errors
    /// Every problem of the app.
    pub fn try_build(self) -> Result<TestApp, Error> {
        let mounted = self.app.mount_alone()?;
        Ok(TestApp { surface: Surface::App(mounted.service()), mounted: Arc::new(mounted) })
    }
}
