//! The table of users.

use production_database::{Database, database_problem};
use routekit::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::FromRow;
use uuid::Uuid;

/// The users in the database.
#[derive(Debug)]
pub(crate) struct Users(Database);

/// A user.
#[derive(Debug, Serialize, FromRow, JsonSchema)]
pub(super) struct User {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) email: String,
}

impl Users {
    /// The users of this database.
    #[must_use]
    pub(crate) fn new(database: Database) -> Self {
        Self(database)
    }

    /// Users whose names contain `search`, by name: at most `limit`, after the first `skip`; and how many there are.
    pub(super) async fn list(&self, search: &str, skip: i64, limit: i64) -> Result<(Vec<User>, i64)> {
        let search = search.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
        let pattern = format!("%{search}%");
        let page = sqlx::query_as(
            r"SELECT id, name, email FROM users WHERE lower(name) LIKE lower($1) ESCAPE '\' ORDER BY name, id
            LIMIT $2 OFFSET $3",
        );
        let page = page.bind(&pattern).bind(limit).bind(skip).fetch_all(self.0.pool());
        let page = page.await.map_err(database_problem)?;
        let total = sqlx::query_scalar(r"SELECT count(*) FROM users WHERE lower(name) LIKE lower($1) ESCAPE '\'")
            .bind(&pattern);
        let total = total.fetch_one(self.0.pool()).await.map_err(database_problem)?;
        Ok((page, total))
    }

    pub(super) async fn get(&self, id: Uuid) -> Result<User> {
        let user = sqlx::query_as("SELECT id, name, email FROM users WHERE id = $1").bind(id.to_string());
        user.fetch_optional(self.0.pool()).await.map_err(database_problem)?.ok_or_else(no_such_user)
    }

    /// Adds a user. A second one with the same address is a conflict.
    pub(super) async fn create(&self, name: String, email: String) -> Result<User> {
        let user = User { id: Uuid::new_v4().to_string(), name, email: email.to_lowercase() };
        let insert = sqlx::query("INSERT INTO users (id, name, email) VALUES ($1, $2, $3)");
        match insert.bind(&user.id).bind(&user.name).bind(&user.email).execute(self.0.pool()).await {
            Ok(_) => Ok(user),
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
                Err(Problem::conflict("another user has this e-mail address"))
            }
            Err(error) => Err(database_problem(error)),
        }
    }

    pub(super) async fn rename(&self, id: Uuid, name: &str) -> Result<User> {
        let update = sqlx::query("UPDATE users SET name = $1 WHERE id = $2").bind(name).bind(id.to_string());
        let renamed = update.execute(self.0.pool()).await.map_err(database_problem)?;
        if renamed.rows_affected() == 0 { Err(no_such_user()) } else { self.get(id).await }
    }

    pub(super) async fn delete(&self, id: Uuid) -> Result<()> {
        let delete = sqlx::query("DELETE FROM users WHERE id = $1").bind(id.to_string());
        let deleted = delete.execute(self.0.pool()).await.map_err(database_problem)?;
        if deleted.rows_affected() == 0 { Err(no_such_user()) } else { Ok(()) }
    }
}

fn no_such_user() -> Problem {
    Problem::not_found("no user has this id")
}
