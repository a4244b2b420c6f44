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
use http::Method;
use tower_service::Service as _;

use super::TestRequest;
use crate::{
    app::{AdminService, App, AppService, Mounted, RouteTable, WarmUpReport},
    clock::Clock,
    metrics::Exporter,
    route::Route,
    setup::Error,
};

/// An app in this process, with metrics of its own. See the [module docs](crate::test) for an example.
#[derive(Clone)]
pub struct TestApp {
    mounted: Arc<Mounted>,
    surface: Surface,
}

/// What requests go to, made once as for a connection.
#[derive(Clone)]
enum Surface {
    App(AppService),
    Admin(AdminService),
}

impl TestApp {
    /// The app as it is.
    ///
    /// # Panics
    /// If it would not start, with everything that is wrong with it.
    #[track_caller]
    #[must_use]
    pub fn new(app: App) -> Self {
        Self::builder(app).build()
    }

    /// The app with other routes or dependencies.
    pub fn builder(app: App) -> TestAppBuilder {
        TestAppBuilder { app }
    }

    /// The admin surface of the same app, to be asked in the same ways.
    ///
    /// # Panics
    /// If it is not apart: with `admin_addr = "main"` the app itself has it, with `"off"` nobody.
    #[track_caller]
    #[must_use]
    pub fn admin(&self) -> Self {
        match self.mounted.admin_service() {
            Some(admin) => Self { mounted: Arc::clone(&self.mounted), surface: Surface::Admin(admin) },
            None => panic!("`admin_addr` is {}", *self.mounted.config.admin_addr),
        }
    }

    /// A GET request of this path and query.
    pub fn get(&self, path: &str) -> TestRequest {
        self.request(Method::GET, path)
    }

    /// A POST request of this path and query.
    pub fn post(&self, path: &str) -> TestRequest {
        self.request(Method::POST, path)
    }

    /// A PUT request of this path and query.
    pub fn put(&self, path: &str) -> TestRequest {
        self.request(Method::PUT, path)
    }

    /// A PATCH request of this path and query.
    pub fn patch(&self, path: &str) -> TestRequest {
        self.request(Method::PATCH, path)
    }

    /// A DELETE request of this path and query.
    pub fn delete(&self, path: &str) -> TestRequest {
        self.request(Method::DELETE, path)
    }

    /// A request of this method, path and query.
    pub fn request(&self, method: Method, path: &str) -> TestRequest {
        TestRequest::new(self.clone(), method, path)
    }

    /// Sends a request that was made by hand; the body of the answer is not read.
    ///
    /// The client is at 127.0.0.1:0, unless the request says otherwise with a `ConnectInfo` extension.
    pub async fn call(&self, mut request: Request) -> Response {
        let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        request.extensions_mut().get_or_insert_with(|| ConnectInfo(here));
        // As a connection does: a router is always ready.
        let answered = match &self.surface {
            Surface::App(app) => app.clone().call(request).await,
            Surface::Admin(admin) => admin.clone().call(request).await,
        };
        match answered {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    /// Fills the cache as a server does before it is ready ([`App::warm`]); nothing else of a test begins with it.
    ///
    /// Without [`App::warm_host`], the pages are those that [`get`](Self::get) asks for: of no host.
    pub async fn warm_up(&self) -> WarmUpReport {
        self.mounted.warm_up(None).run().await
    }

    /// This app's metrics so far, in the Prometheus text format. It keeps them to itself.
    #[must_use]
    pub fn metrics(&self) -> String {
        self.mounted.exporter().map(Exporter::render).unwrap_or_default()
    }

    /// Its routes.
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

/// An app that is about to be tested.
#[derive(Debug)]
#[must_use]
pub struct TestAppBuilder {
    app: App,
}

impl TestAppBuilder {
    /// Only these routes; `expect_crates` is forgotten, hand-written routers stay.
    pub fn only(mut self, routes: impl IntoIterator<Item = Route>) -> Self {
        self.app.select(routes.into_iter().collect());
        self
    }

    /// Adds a dependency, or replaces the one that the app provides.
    pub fn provide<T: Send + Sync + 'static>(self, value: T) -> Self {
        self.provide_shared(Arc::new(value))
    }

    /// The same for a value that is shared already, such as a trait object.
    pub fn provide_shared<T: ?Sized + Send + Sync + 'static>(mut self, value: Arc<T>) -> Self {
        self.app.replace(value);
        self
    }

    /// Measures with this clock. Defaults to the system's.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.app = self.app.clock(clock);
        self
    }

    /// The app, ready for requests.
    ///
    /// # Panics
    /// If it would not start, with everything that is wrong with it.
    #[track_caller]
    #[must_use]
    pub fn build(self) -> TestApp {
        match self.try_build() {
            Ok(app) => app,
            Err(error) => panic!("{error}"),
        }
    }

    /// The app, ready for requests.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn try_build(self) -> Result<TestApp, Error> {
        let mounted = self.app.mount_alone()?;
        Ok(TestApp { surface: Surface::App(mounted.service()), mounted: Arc::new(mounted) })
    }
}
