//! Creates the tables that the program needs, once the database can be reached.

use std::{fmt, sync::LazyLock, time::Duration};

use sqlx::migrate::{MigrateError, Migrator};

use crate::{Database, failure::is_unavailable};

/// Each file in `migrations` is one statement, so that a failure names it.
static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrator = sqlx::migrate!();
    // So that the release before can start again after a newer one has migrated.
    migrator.set_ignore_missing(true);
    migrator
});

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

impl Database {
    /// Applies the migrations that the database does not have. Waits for a database that is away, with growing pauses.
    ///
    /// # Errors
    /// If the database refuses the program or a migration, which another attempt would not change.
    pub async fn migrate(&self) -> Result<(), MigrationError> {
        let mut pause = FIRST_PAUSE;
        loop {
            match MIGRATIONS.run(&self.pool).await {
                Ok(()) => return Ok(()),
                Err(error) if source(&error).is_some_and(is_unavailable) => {
                    tracing::warn!(%error, retry_after = ?pause, "the database cannot be reached");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Err(error) => return Err(MigrationError(error)),
            }
        }
    }
}

/// A migration has failed, or the database has refused the program.
#[derive(Debug)]
pub struct MigrationError(MigrateError);

impl fmt::Display for MigrationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let MigrateError::ExecuteMigration(error, version) = &self.0 else {
            return write!(f, "the database cannot be migrated: {}", self.0);
        };
        let migration = MIGRATIONS.iter().find(|migration| migration.version == *version);
        write!(f, "migration {version} has failed: {error}\n{}", migration.map_or("", |migration| &migration.sql))
    }
}

impl std::error::Error for MigrationError {}

fn source(error: &MigrateError) -> Option<&sqlx::Error> {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => Some(error),
        _ => None,
    }
}
