//! Stops a server: waits for its requests, or cuts them off.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use super::{
    connection::{ClosingStage, Connections},
    schedule::ShutdownSchedule,
};
use crate::{
    app::{announce, background_work::BackgroundWork},
    base::setup_problem::SetupProblem,
    shutdown::{Shutdown, ShutdownPhase},
};

/// How long a WebSocket's client may take to answer a Close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long tasks that were cut off may take to end.
const CUT_OFF_TIME: Duration = Duration::from_millis(500);

/// The connections of the main listener, and what runs on them.
pub(super) struct OpenServer<'a> {
    pub(super) connections: &'a Arc<Connections>,
    /// The slots of the connections. All are free once the last connection has ended, with the tasks of its HTTP/2
    /// streams and with its stream if that has another protocol.
    pub(super) slots: &'a Semaphore,
    pub(super) most: u32,
    pub(super) tasks: &'a mut JoinSet<()>,
    pub(super) background_work: &'a BackgroundWork,
    pub(super) shutdown: &'a Shutdown,
}

impl OpenServer<'_> {
    /// Waits for requests, connections and background work. Cuts off what has not ended in time, and returns that as a
    /// problem, except for connections without a request.
    pub(super) async fn finish(mut self, schedule: &ShutdownSchedule, grace: Duration) -> Option<SetupProblem> {
        self.shutdown.enter(ShutdownPhase::Closing);
        self.connections.advance(ClosingStage::Closing);
        let part = async {
            sleep(grace).await;
            self.connections.advance(ClosingStage::Parting);
            sleep(CLOSE_TIMEOUT).await;
            self.connections.advance(ClosingStage::Parted);
            std::future::pending::<()>().await;
        };
        tokio::select! {
            biased;
            () = self.ended() => return None,
            () = part => {}
            () = self.shutdown.until(schedule.cut_off) => {}
        }
        self.cut_off().await
    }

    async fn ended(&self) {
        // The semaphore is never closed.
        let _: Result<SemaphorePermit<'_>, _> = self.slots.acquire_many(self.most).await;
        self.background_work.ended().await;
    }

    async fn cut_off(&mut self) -> Option<SetupProblem> {
        let connections = self.connections.busy();
        let background = self.background_work.count();
        self.shutdown.cut_off();
        self.connections.advance(ClosingStage::CutOff);
        self.tasks.abort_all();
        let ending = async {
            while self.tasks.join_next().await.is_some() {}
            self.slots.acquire_many(self.most).await.is_ok()
        };
        // Each request that ends now is listed.
        let _ = timeout(CUT_OFF_TIME, ending).await;
        let (requests, listed) = self.shutdown.listed_cut_offs();
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
            // Those whose response is under way, and WebSockets, have no request any more.
            count(connections.saturating_sub(requests), "connection"),
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
    let schedule = schedule(Instant::now());
    connections.advance(ClosingStage::Draining);
    announce::stopping(shutdown.reason().as_deref().unwrap_or_default());
    shutdown.until(schedule.drained).await;
    schedule
}
