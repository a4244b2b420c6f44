//! Serves an app, from its first connection to its last.

use std::{
    future::{Future, pending},
    io, mem,
    net::SocketAddr,
    pin::{Pin, pin},
    process,
    sync::Arc,
    thread,
    time::Duration,
};

use tokio::{net::TcpListener, sync::Semaphore, task::JoinSet};

use super::{
    accept::accept,
    connection::{Connections, RejectedHeads, ServerLimits},
    file_limit, hooks,
    listeners::{BoundListeners, ListenerSource},
    redirects::Redirects,
    schedule::ShutdownSchedule,
    stop::{self, OpenServer},
    supervisor::Supervisor,
    tls::TlsHandshakes,
};
use crate::{
    app::{announce, mounted::Mounted},
    base::setup_problem::{Error, SetupProblem},
    shutdown::ShutdownPhase,
};

/// How long a program may take to end after a second signal. A handler may block the thread that would end it.
const ABORT_TIME: Duration = Duration::from_secs(1);

/// How long requests have to be logged when a second signal cuts them off.
const LAST_LINES: Duration = Duration::from_millis(50);

/// Serves until the app's shutdown has ended, or until `control` ends, which cuts everything off. `control` begins the
/// shutdown.
pub(in crate::app) async fn serve(
    mounted: Mounted,
    listeners: BoundListeners,
    control: impl Future<Output = ()>,
) -> Result<(), Error> {
    let shutdown = mounted.shutdown.clone();
    let aborted = async {
        control.await;
        shutdown.cut_off();
    };
    tokio::select! {
        biased;
        () = aborted => {
            // The tasks end, and each request that is cut off is logged.
            tokio::time::sleep(LAST_LINES).await;
            announce::stopped(Some("a second signal"));
            exit_soon();
            Err(SetupProblem::new("cut-off", "a second signal ended the shutdown").after_start().into())
        }
        served = run(mounted, listeners) => served,
    }
}

async fn run(mounted: Mounted, listeners: BoundListeners) -> Result<(), Error> {
    let failed = |error: io::Error| SetupProblem::new("serve", format!("the server failed: {error}")).after_start();
    let addr_of = |listener: &TcpListener| listener.local_addr().map_err(failed);
    let addr = addr_of(&listeners.main)?;
    let admin_addr = listeners.admin.as_ref().map(addr_of).transpose()?;
    let admin_service = admin_addr.and_then(|addr| mounted.admin_service(addr.ip()));
    let admin = listeners.admin.zip(admin_service);
    let tls = mounted.certificate.as_ref().map(TlsHandshakes::new);
    let redirects = Redirects::bind(&mounted.config, listeners.redirects)?;
    let (shutdown, config, source) = (&mounted.shutdown, &mounted.config, listeners.source);
    shutdown.serve();
    announce::announce(&mounted, addr, admin_addr, source.note());

    let limits = ServerLimits::of(config);
    // Dropped at the end, which ends every task in them. Those in the background run until then, so that a shutdown can
    // be observed. It does not wait for their requests.
    let (mut tasks, mut background) = (JoinSet::new(), JoinSet::new());
    for verifier in mounted.verifiers.run() {
        background.spawn(verifier);
    }
    if let Some(metering) = mounted.run_cache_metering() {
        background.spawn(metering);
    }
    if let Some(watch) = mounted.watch_certificate() {
        background.spawn(watch);
    }
    let redirects = redirects.map(|redirects| redirects.serve(&limits, addr.port())).transpose().map_err(failed)?;
    // Before the first probe: the app is not ready yet.
    let mut warm_up = warm_up(&mounted, addr);
    if let Some((listener, service)) = admin {
        let connections = Arc::new(Connections::new(limits.clone()));
        connections.start_clock().map_err(failed)?;
        background.spawn(async move {
            let slots = Arc::new(Semaphore::new(file_limit::ADMIN_CONNECTIONS as usize));
            // Until the task is dropped.
            accept((&listener, &slots), &connections, &mut JoinSet::new(), None, pending::<()>(), || service.clone())
                .await;
        });
    }
    let rejected_heads = RejectedHeads::new(Arc::clone(&mounted.unmatched), mounted.clock.clone());
    let connections = Arc::new(Connections::new(limits).report(rejected_heads));
    connections.start_clock().map_err(failed)?;
    // After the warm-up holds readiness: the first time that the app is ready ends its start-up.
    if let Some(refresh) = mounted.health.refresh() {
        background.spawn(refresh);
    }
    if let Some(hot_pages) = &mounted.hot_pages {
        background.spawn(hot_pages.run());
    }
    let supervisor = if source == ListenerSource::Program { Supervisor::none() } else { Supervisor::of_process() };
    let health = mounted.health.clone();
    if let Some(notifications) = supervisor.run(mounted.url(addr), async move { health.until_ready().await }) {
        background.spawn(notifications);
    }
    let most = file_limit::max_connections(*config.server_max_connections, redirects.is_some());
    let slots = Arc::new(Semaphore::new(most as usize));
    let hooks = mem::take(&mut *mounted.shutdown_hooks.lock());
    let for_hooks = hooks::budget(&hooks);
    let schedule = |start| ShutdownSchedule::new(config, shutdown.drain(), for_hooks, start);
    let drained = async {
        let drained = stop::drained(shutdown, &connections, schedule);
        let (_hold, schedule) = tokio::join!(hold_at_shutdown(&mounted, &supervisor), drained);
        schedule
    };
    let mut drained = pin!(drained);
    let service = mounted.service();
    let schedule = match drained_before_open(&mounted, source, drained.as_mut()).await {
        Some(schedule) => schedule,
        None => {
            let main = (&listeners.main, &slots);
            accept(main, &connections, &mut tasks, tls.as_ref(), drained, || service.clone()).await
        }
    };
    // The port is free from here on, and no request will need the pages of the warm-up. It has ended before the last
    // line of the log.
    drop(listeners.main);
    drop(redirects);
    warm_up.shutdown().await;

    let server = OpenServer {
        connections: &connections,
        slots: &slots,
        most,
        tasks: &mut tasks,
        background_work: &mounted.background_work,
        shutdown,
    };
    let cut_off = server.finish(&schedule, *config.server_shutdown_grace).await;
    mounted.save_hot_pages();
    let mut problems: Vec<SetupProblem> = cut_off.into_iter().collect();
    problems.extend(hooks::run(hooks, schedule.deadline).await);
    background.shutdown().await;
    shutdown.enter(ShutdownPhase::Done);
    announce::stopped(problems.first().map(ToString::to_string).as_deref());
    if problems.is_empty() { Ok(()) } else { Err(Error::new(problems)) }
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

/// Ends the process if it does not end by itself.
fn exit_soon() {
    let exit = || {
        thread::sleep(ABORT_TIME);
        process::exit(1);
    };
    // If there is no thread for it, the process ends when its handlers do.
    let _ = thread::Builder::new().name("routekit-exit".to_owned()).spawn(exit);
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
