//! A users and orders API as it runs in production. `cargo run -p production` serves it on 127.0.0.1:3000, with a
//! database in memory and a token for the first requests. README.md lists the variables that it reads.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "prints the banner, and why the program ends")]

mod app;
mod auth_service;
mod banner;
mod settings;
mod tokens;
mod users;

use std::{
    error::Error,
    process::ExitCode,
    sync::{Arc, OnceLock},
    time::Duration,
};

use production_database::{Database, MigrationError};
use routekit::{
    App,
    cli::Cli,
    config::Secret,
    telemetry::{LogFormat, Logs},
};

use crate::{
    banner::Banner,
    settings::{Settings, Tokens},
};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(status) => status,
        Err(error) => {
            eprintln!("Error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<ExitCode, Box<dyn Error>> {
    let cli = Cli::of_process();
    let settings = Settings::from_env(cli.is_serve())?;
    let is_development = matches!(settings.tokens, Tokens::Development);
    let format = if is_development { LogFormat::Text } else { LogFormat::Json };
    Logs::new().default_filter(filter(&settings.log_level)).default_format(format).init()?;
    let database = Database::open(&settings.database_url, settings.database_connections)
        .map_err(|error| format!("DATABASE_URL cannot be used: {error}"))?;
    let (issuer, secret) = match &settings.tokens {
        Tokens::Issued { issuer, secret } => (issuer.as_str(), secret.clone()),
        Tokens::Development => (tokens::DEVELOPMENT_ISSUER, Secret::new(tokens::new_secret())),
    };
    let config = app::config(&settings)?;
    let make = || app::app(&settings, &config, &database, (issuer, &secret));
    let app = make()?;
    if !cli.is_serve() {
        return Ok(cli.run(app).await);
    }
    let banner = Banner::of(&make()?.table()?, &config, settings.has_redis);
    if is_development {
        println!("{banner}\nTOKEN={}\n", tokens::development_token(secret.expose())?);
    } else {
        banner.log();
    }
    let failure = migrate(&app, database).await?;
    let status = cli.run(app).await;
    match failure.get() {
        Some(error) => Err(error.to_string().into()),
        None => Ok(status),
    }
}

/// The filter of the log: `debug` and `trace` are for the program and routekit, and not for every library.
fn filter(level: &str) -> String {
    match level {
        "debug" | "trace" => {
            let crates = ["production", "production_database", "production_orders", "routekit"];
            crates.iter().fold("info".to_owned(), |filter, name| format!("{filter},{name}={level}"))
        }
        level => level.to_owned(),
    }
}

/// Migrates the database. One that does not answer soon is migrated in the background: the app is not ready until then,
/// and stops if the migration fails.
async fn migrate(app: &App, database: Database) -> Result<Arc<OnceLock<MigrationError>>, MigrationError> {
    let failure = Arc::new(OnceLock::new());
    let mut migration = Box::pin(async move { database.migrate().await });
    if let Ok(result) = tokio::time::timeout(PATIENCE, &mut migration).await {
        return result.map(|()| failure);
    }
    let (hold, shutdown) = (app.readiness().hold("the database is not migrated yet"), app.shutdown());
    let failed = Arc::clone(&failure);
    tokio::spawn(async move {
        match migration.await {
            Ok(()) => drop(hold),
            Err(error) => {
                tracing::error!(%error, "the database cannot be migrated");
                let _ = failed.set(error);
                shutdown.begin("the database cannot be migrated");
            }
        }
    });
    Ok(failure)
}

/// How long the program waits for its database before it listens.
const PATIENCE: Duration = Duration::from_secs(2);
