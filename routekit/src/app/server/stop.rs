//! Stops a server: waits for its requests, or cuts them off.

use std::time::Duration;

use tokio::{
    sync::SemaphorePermit,
    time::{Instant, sleep, timeout},
};

use super::{
    connection::{ClosingStage, Connections},
    main_server::MainServer,
    schedule::{CUT_OFF_TIME, ShutdownSchedule},
};
use crate::{
    app::{announce, mounted::Mounted},
    base::setup_problem::SetupProblem,
    shutdown::{Shutdown, ShutdownPhase},
};

/// How long a WebSocket's client may take to answer a Close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

impl MainServer {
    /// Waits for requests, connections and background work. Cuts off what has not ended in time, and returns that as a
    /// problem, except for connections without a request.
    pub(super) async fn finish(mut self, mounted: &Mounted, schedule: &ShutdownSchedule) -> Option<SetupProblem> {
        let grace = *mounted.config.server_shutdown_grace;
        mounted.shutdown.enter(ShutdownPhase::Closing);
        self.connections.advance(ClosingStage::Closing);
        let part = async {
            sleep(grace).await;
            self.connections.advance(ClosingStage::ClosingWebSockets);
            sleep(CLOSE_TIMEOUT).await;
            self.connections.advance(ClosingStage::WebSocketsClosed);
            std::future::pending::<()>().await;
        };
        tokio::select! {
            biased;
            () = self.ended(mounted) => return None,
            () = part => {}
            () = mounted.shutdown.until(schedule.cut_off) => {}
        }
        self.cut_off(mounted).await
    }

    async fn ended(&self, mounted: &Mounted) {
        // The semaphore is never closed.
        let _: Result<SemaphorePermit<'_>, _> = self.slots.acquire_many(self.most).await;
        mounted.background_work.ended().await;
    }

    async fn cut_off(&mut self, mounted: &Mounted) -> Option<SetupProblem> {
        let connections = self.connections.busy();
        let background = mounted.background_work.count();
        mounted.shutdown.cut_off();
        self.connections.advance(ClosingStage::CutOff);
        self.tasks.abort_all();
        let ending = async {
            while self.tasks.join_next().await.is_some() {}
            self.slots.acquire_many(self.most).await.is_ok()
        };
        // Each request that ends now is listed.
        let _ = timeout(CUT_OFF_TIME, ending).await;
        let (requests, listed) = mounted.shutdown.listed_cut_offs();
        let count = |number: usize, one: &str| match number {
            0 => None,
            1 => Some(format!("1 {one}")),
            _ => Some(format!("{number} {one}s")),
        };
        if requests + connections + background == 0 {
            return None;
        }
        let parts = [
            count(requests, "request").map(|count| format!("{count} ({})", listed.join(", "))),
            // Those of the requests, and others: with a response under way, or with another protocol.
            count(connections, "open connection"),
            count(background, "background task"),
        ];
        let what = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
        let message = format!("cut off because they did not end in time: {what}");
        Some(SetupProblem::new("cut-off", message).after_start())
    }
}

/// Waits until the shutdown begins and the app has drained. Returns the times of the other phases.
pub(super) async fn drained(
    shutdown: &Shutdown,
    connections: &Connections,
    schedule: impl FnOnce(Instant) -> ShutdownSchedule,
) -> ShutdownSchedule {
    shutdown.begun().await;
    let now = Instant::now();
    let schedule = schedule(now);
    connections.advance(ClosingStage::Draining);
    announce::stopping(shutdown.reason().as_deref().unwrap_or_default(), schedule.drained - now);
    shutdown.until(schedule.drained).await;
    schedule
}
