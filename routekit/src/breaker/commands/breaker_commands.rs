//! The breakers of an app, as operators command them.

use super::reach::CommandReach;
#[cfg(feature = "redis")]
use super::shared::SharedCommands;
use crate::breaker::{breakers::Breakers, handle::CircuitBreaker, machine::Mode};
#[cfg(feature = "redis")]
use crate::{
    base::{clock::Clock, spawner::Spawner},
    shared_commands::CommandServer,
};

/// The breakers of an app, as operators command them.
#[derive(Clone)]
pub(crate) struct BreakerCommands {
    breakers: Breakers,
    /// `None` if commands act on this process only.
    #[cfg(feature = "redis")]
    shared: Option<std::sync::Arc<SharedCommands>>,
}

impl BreakerCommands {
    /// Commands that act on this process only.
    pub(crate) fn of_process(breakers: Breakers) -> Self {
        Self {
            breakers,
            #[cfg(feature = "redis")]
            shared: None,
        }
    }

    /// Commands that act on all processes with this server.
    #[cfg(feature = "redis")]
    pub(crate) fn of_all(breakers: Breakers, server: impl CommandServer, clock: &Clock, spawner: Spawner) -> Self {
        let shared = SharedCommands::new(&breakers, server, clock.clone(), spawner);
        Self { breakers, shared: Some(std::sync::Arc::new(shared)) }
    }

    pub(crate) fn breakers(&self) -> &Breakers {
        &self.breakers
    }

    /// Applies the commands of other processes from now on, as long as there is a breaker. Called again, it starts
    /// anew if the runtime of the first call has ended.
    pub(crate) fn follow(&self) {
        #[cfg(feature = "redis")]
        if let Some(shared) = &self.shared {
            shared.follow();
        }
    }

    /// Applies the commands of other processes once, if the server answers. For an app before its first request.
    pub(crate) async fn apply(&self) {
        #[cfg(feature = "redis")]
        if let Some(shared) = &self.shared {
            // The task that follows logs an outage.
            let _ = shared.exchange().await;
        }
    }

    /// Applies a command to a breaker of this process, and to those of the others with its name.
    pub(crate) async fn command(&self, breaker: &CircuitBreaker, mode: Mode) -> CommandReach {
        #[cfg(feature = "redis")]
        if let Some(shared) = &self.shared {
            shared.follow();
            return shared.command(breaker, mode).await;
        }
        breaker.command(mode);
        CommandReach::ThisProcess
    }
}

impl std::fmt::Debug for BreakerCommands {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("BreakerCommands").field(&self.breakers).finish()
    }
}
