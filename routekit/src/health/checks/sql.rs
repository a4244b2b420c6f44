//! A check of a database by sqlx.

use sqlx::{Database, Executor, IntoArguments, Pool};

use crate::health::{check::HealthCheck, result::HealthCheckResult};

impl HealthCheck {
    /// Creates a critical check of a database, named `database`. It takes a connection of the pool and sends `SELECT
    /// 1`. `details.connected` is `true` or `false`.
    ///
    /// A pool without a free connection makes it unhealthy once the timeout of the pool (`acquire_timeout`) or of the
    /// check has passed. For another version of sqlx, use [`new`](Self::new).
    ///
    /// ```
    /// # use routekit::{App, health::HealthCheck};
    /// # fn app<DB: sqlx::Database>(pool: sqlx::Pool<DB>) -> App
    /// # where
    /// #     for<'c> &'c mut DB::Connection: sqlx::Executor<'c, Database = DB>,
    /// #     for<'q> DB::Arguments<'q>: sqlx::IntoArguments<'q, DB>,
    /// # {
    /// App::discover().health(HealthCheck::sql(pool.clone())).provide(pool)
    /// # }
    /// ```
    pub fn sql<DB>(pool: Pool<DB>) -> Self
    where
        DB: Database,
        for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
        for<'q> DB::Arguments<'q>: IntoArguments<'q, DB>,
    {
        let check = async move || match sqlx::query("SELECT 1").execute(&pool).await {
            Ok(_) => HealthCheckResult::healthy().with_detail("connected", true),
            Err(error) => HealthCheckResult::unhealthy(error.to_string())
                .with_detail("connected", false)
                .with_detail("error", error.to_string()),
        };
        Self::new("database", check).critical(true)
    }
}
