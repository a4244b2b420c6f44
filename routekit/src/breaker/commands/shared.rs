//! Commands that act on all processes.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use parking_lot::Mutex;

use super::{known::KnownCommands, reach::CommandReach};
use crate::{
    base::{
        clock::Clock,
        spawner::{
            Spawner,
            sole_task::{RunningTask, SoleTask},
        },
    },
    breaker::{
        breakers::Breakers,
        handle::{CircuitBreaker, WeakBreaker},
        machine::Mode,
    },
    deadline::pause,
    shared_commands::CommandServer,
};

/// The time between two questions for the commands of other processes.
const BEAT: Duration = Duration::from_millis(250);

/// So many questions without an answer are an outage, which is logged. A single late answer is none.
const OUTAGE: u32 = 4;

/// The highest number: more digits than these would not be exact in a script.
const MAX_NUMBER: u64 = (1 << 53) - 1;

/// The breakers of a process, and the server that keeps the commands to them.
pub(super) struct SharedCommands {
    breakers: BTreeMap<String, WeakBreaker>,
    server: Box<dyn CommandServer>,
    clock: Clock,
    spawner: Spawner,
    following: SoleTask,
    known: Mutex<KnownCommands>,
    /// Held while the server is asked, so that answers are applied in their order.
    exchanging: tokio::sync::Mutex<()>,
}

impl SharedCommands {
    pub(super) fn new(breakers: &Breakers, server: impl CommandServer, clock: Clock, spawner: Spawner) -> Self {
        Self {
            breakers: breakers.iter().map(|breaker| (breaker.name().to_owned(), breaker.downgrade())).collect(),
            server: Box::new(server),
            clock,
            spawner,
            following: SoleTask::default(),
            known: Mutex::default(),
            exchanging: tokio::sync::Mutex::default(),
        }
    }

    pub(super) fn follow(self: &Arc<Self>) {
        if self.has_breakers() {
            self.following.start(&self.spawner, |running| follow(Arc::clone(self), running));
        }
    }

    fn has_breakers(&self) -> bool {
        self.breakers.values().any(|breaker| breaker.upgrade().is_some())
    }

    /// Applies a command here, whatever happens to the server, and gives it to the others.
    pub(super) async fn command(&self, breaker: &CircuitBreaker, mode: Mode) -> CommandReach {
        let _exchanging = self.exchanging.lock().await;
        breaker.command(mode);
        let now = u64::try_from(self.clock.unix_time().as_micros()).unwrap_or(MAX_NUMBER);
        let commands = {
            let mut known = self.known.lock();
            // From here on, it is sent until the server has it, also if this future is dropped.
            known.add(breaker.name(), mode, now.min(MAX_NUMBER));
            known.missing(Some(breaker.name()))
        };
        match self.server.exchange(&commands).await {
            Ok(recorded) => {
                let changes = self.known.lock().read(&recorded, Some(breaker.name()));
                self.apply(changes);
                CommandReach::AllProcesses
            }
            Err(reason) => {
                tracing::warn!(
                    target: "routekit::breaker",
                    breaker = breaker.name(),
                    %mode,
                    reason,
                    "a command acts on this process only, and on the others once Redis can be used"
                );
                CommandReach::OthersLater
            }
        }
    }

    /// Gives the server what it lacks, and applies what is new.
    pub(super) async fn exchange(&self) -> Result<(), String> {
        let _exchanging = self.exchanging.lock().await;
        let commands = self.known.lock().missing(None);
        let recorded = self.server.exchange(&commands).await?;
        let changes = self.known.lock().read(&recorded, None);
        self.apply(changes);
        Ok(())
    }

    /// Applies commands of other processes. A name may belong to another version of the program.
    fn apply(&self, changes: Vec<(String, Mode)>) {
        for (name, mode) in changes {
            if let Some(breaker) = self.breakers.get(&name).and_then(WeakBreaker::upgrade) {
                breaker.command(mode);
                let message = "a command to another process is applied";
                tracing::info!(target: "routekit::breaker", breaker = name, %mode, "{message}");
            }
        }
    }
}

async fn follow(commands: Arc<SharedCommands>, _running: RunningTask) {
    let mut failures = 0;
    // A task of an app that is gone ends.
    while commands.has_breakers() {
        match commands.exchange().await {
            Ok(()) => {
                if failures >= OUTAGE {
                    let message = "commands to circuit breakers act on all processes again";
                    tracing::info!(target: "routekit::breaker", "{message}");
                }
                failures = 0;
            }
            Err(reason) => {
                failures = failures.saturating_add(1);
                if failures == OUTAGE {
                    let message = "commands to circuit breakers act on one process, because Redis cannot be used";
                    tracing::warn!(target: "routekit::breaker", reason, "{message}");
                }
            }
        }
        pause(BEAT, &Clock::system()).await;
    }
}
