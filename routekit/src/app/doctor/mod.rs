//! Checks of the machine that an app is to run on. Nothing listens, and nothing is served.

mod addresses;
mod diagnosis;
mod redis;
mod services;
mod system;

use self::diagnosis::Diagnosis;
pub(crate) use self::diagnosis::DiagnosisLevel;
use super::{App, metering::recorder::Scope, stages};

impl App {
    /// Checks the configuration, and then everything that it needs from the machine.
    pub(crate) async fn examine(mut self) -> Vec<Diagnosis> {
        // The files of a certificate are only read for an app that is served.
        self.spec.settings.is_served = true;
        let mounted = match stages::mount(self.spec, Scope::Program) {
            Ok(mounted) => mounted,
            Err(error) => {
                return error.problems().iter().map(|problem| Diagnosis::problem("configuration", problem)).collect();
            }
        };
        let mut found = vec![Diagnosis::ok("configuration", format!("routes: {}", mounted.table.summary()))];
        found.extend(mounted.table.warnings().iter().map(|warning| Diagnosis::warning("configuration", warning)));
        found.extend(addresses::examine(&mounted.config));
        found.extend(system::examine(&mounted.config, &mounted.clock));
        found.extend(redis::examine(&mounted).await);
        found.extend(services::examine(&mounted.health).await);
        found
    }
}
