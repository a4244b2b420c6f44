//! Serves an app, from its first connection to its last.

use std::{
    future::{Future, pending},
    io, mem,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use tokio::{net::TcpListener, task::JoinSet};

use super::{
    background,
    connection::ServerLimits,
    exit::{ExitTimer, ProcessOwner},
    hooks,
    listeners::{BoundListeners, ListenerSource},
    main_server::MainServer,
    redirects,
    schedule::ShutdownSchedule,
    stop,
    supervisor::Supervisor,
};
#[cfg(feature = "otlp")]
use crate::telemetry::SpanExport;
use crate::{
    app::{announce, mounted::Mounted},
    base::setup_problem::{Error, SetupProblem},
    shutdown::ShutdownPhase,
};

/// How long requests have to be logged when a second signal cuts them off.
const LAST_LINES: Duration = Duration::from_millis(50);

/// Serves until the app's shutdown has ended, or until `control` ends, which cuts everything off. `control` begins the
/// shutdown.
pub(in crate::app) async fn serve(
    mounted: Mounted,
    listeners: BoundListeners,
    (control, owner): (impl Future<Output = ()>, ProcessOwner),
) -> Result<(), Error> {
    let (shutdown, deadline) = (mounted.shutdown.clone(), *mounted.config.server_shutdown_deadline);
    let mut exit = None;
    let armed = async {
        shutdown.begun().await;
        exit = (owner == ProcessOwner::App).then(|| ExitTimer::after_deadline(deadline));
        pending::<()>().await;
    };
    let aborted = async {
        control.await;
        shutdown.cut_off();
    };
    let served = tokio::select! {
        biased;
        () = aborted => {
            // The tasks end, and each request that is cut off is logged.
            tokio::time::sleep(LAST_LINES).await;
            announce::stopped(Some("a second signal"));
            ExitTimer::at_once().keep();
            Err(SetupProblem::new("cut-off", "a second signal ended the shutdown").after_start().into())
        }
        () = armed => Ok(()),
        served = run(mounted, listeners) => served,
    };
    if served.is_err()
        && let Some(exit) = exit
    {
        exit.keep();
    }
    served
}

/// Serves from the first connection to the last, and then runs the hooks.
async fn run(mounted: Mounted, listeners: BoundListeners) -> Result<(), Error> {
    let failed = |error: io::Error| SetupProblem::new("serve", format!("the server failed: {error}")).after_start();
    let BoundListeners { main, admin, redirects, source } = listeners;
    let addr = main.local_addr().map_err(failed)?;
    let admin_addr = admin.as_ref().map(TcpListener::local_addr).transpose().map_err(failed)?;
    let (shutdown, config) = (&mounted.shutdown, &mounted.config);
    shutdown.serve();
    announce::announce(&mounted, addr, admin_addr, source.note());

    let mut server = MainServer::new(&mounted, redirects.is_some()).map_err(failed)?;
    // Before the first probe: the app is not ready until the warm-up has ended.
    let mut warm_up = warm_up(&mounted, addr);
    let supervisor = if source == ListenerSource::Program { Supervisor::none() } else { Supervisor::of_process() };
    // Dropped at the end, which ends every task in it. They run until then, so that a shutdown can be observed.
    let mut background = background::start(&mounted, &supervisor, addr);
    if let Some((listener, addr)) = admin.zip(admin_addr) {
        background::serve_admin(&mut background, &mounted, listener, addr).map_err(failed)?;
    }
    if let Some(listener) = redirects {
        let port = config.server_redirect_port.unwrap_or(addr.port());
        let serving = redirects::serve(listener, port, ServerLimits::of(config), shutdown.clone()).map_err(failed)?;
        background.spawn(serving);
    }

    let hooks = mem::take(&mut *mounted.shutdown_hooks.lock());
    let for_hooks = hooks::budget(&hooks);
    let schedule = |start| ShutdownSchedule::new(config, shutdown.drain(), for_hooks, start);
    let connections = Arc::clone(&server.connections);
    let drained = async {
        let drained = stop::drained(shutdown, &connections, schedule);
        tokio::join!(drained, hold_at_shutdown(&mounted, &supervisor)).0
    };
    let mut drained = pin!(drained);
    let schedule = match drained_before_open(&mounted, source, drained.as_mut()).await {
        Some(schedule) => schedule,
        None => server.accept(&main, &mounted, drained).await,
    };
    // The port is free from here on, and no request will need the pages of the warm-up. It has ended before the last
    // line of the log.
    drop(main);
    warm_up.shutdown().await;

    let cut_off = server.finish(&mounted, &schedule).await;
    mounted.save_hot_pages();
    let mut problems: Vec<SetupProblem> = cut_off.into_iter().collect();
    problems.extend(hooks::run(hooks, schedule.deadline).await);
    background.shutdown().await;
    #[cfg(feature = "otlp")]
    flush_spans(schedule.deadline).await;
    shutdown.enter(ShutdownPhase::Done);
    announce::stopped(problems.first().map(ToString::to_string).as_deref());
    if problems.is_empty() { Ok(()) } else { Err(Error::new(problems)) }
}

/// Sends the spans of the last requests, until `deadline`.
#[cfg(feature = "otlp")]
async fn flush_spans(deadline: tokio::time::Instant) {
    let Some(export) = SpanExport::installed() else { return };
    // Not a task of the runtime, which would wait for it when it ends.
    let (done, flushed) = tokio::sync::oneshot::channel();
    let flush = move || {
        export.flush();
        let _ = done.send(());
    };
    let started = std::thread::Builder::new().name("routekit-flush".to_owned()).spawn(flush);
    if started.is_err() || tokio::time::timeout_at(deadline, flushed).await.is_err() {
        tracing::warn!(target: "routekit::otlp", "the collector did not take the last spans in time");
    }
}

/// Holds readiness red from the beginning of the shutdown on. Never released: an app that stops does not become ready
/// again.
async fn hold_at_shutdown(mounted: &Mounted, supervisor: &Supervisor) {
    mounted.shutdown.begun().await;
    mem::forget(mounted.readiness.hold("shutting down"));
    supervisor.stopping();
}

/// Waits until the main listener may be accepted from. Returns the result of `drained` if that ends before.
///
/// Another process may hold an inherited socket too, and accept from it until this one is ready.
async fn drained_before_open<T>(
    mounted: &Mounted,
    source: ListenerSource,
    drained: Pin<&mut impl Future<Output = T>>,
) -> Option<T> {
    if source != ListenerSource::Inherited {
        return None;
    }
    tokio::select! {
        drained = drained => Some(drained),
        () = mounted.health.until_ready() => None,
    }
}

/// Starts the warm-up. The app is not ready until it has ended. Dropping the set ends it.
fn warm_up(mounted: &Mounted, addr: SocketAddr) -> JoinSet<()> {
    let mut task = JoinSet::new();
    let warm_up = mounted.warm_up(Some(addr));
    if !warm_up.is_empty() {
        let hold = mounted.readiness.hold("warming up the cache");
        task.spawn(async move {
            warm_up.run().await.log();
            drop(hold);
        });
    }
    task
}
