//! The settings of the program, as its own type.

use serde::de::DeserializeOwned;

use super::{keys::is_setting, settings::Config};
use crate::base::setup_problem::Error;

impl Config {
    /// Reads the settings of your program: the table `[app]` of the file, and the variables `ROUTEKIT_APP_…`.
    ///
    /// ```
    /// use routekit::config::{Config, Secret};
    /// use serde::Deserialize;
    ///
    /// #[derive(Debug, Deserialize)]
    /// struct Settings {
    ///     #[serde(default = "ten")]
    ///     page_size: u16,
    ///     database: Database,
    /// }
    ///
    /// #[derive(Debug, Deserialize)]
    /// struct Database {
    ///     url: String,
    ///     password: Secret,
    /// }
    ///
    /// fn ten() -> u16 {
    ///     10
    /// }
    ///
    /// let file = "
    ///     [app.database]
    ///     url = 'postgres://db/shop'
    /// ";
    /// let config = Config::builder()
    ///     .toml("routekit.toml", file)
    ///     .variable("ROUTEKIT_APP_DATABASE__PASSWORD", "correct horse")
    ///     .build()?;
    /// let settings: Settings = config.app()?;
    /// assert_eq!(settings.page_size, 10);
    /// assert_eq!(settings.database.url, "postgres://db/shop");
    /// assert_eq!(settings.database.password.expose(), "correct horse");
    ///
    /// let config = Config::builder().variable("ROUTEKIT_APP_DATABSE__URL", "postgres://db/shop").build()?;
    /// let error = config.app::<Settings>().unwrap_err();
    /// assert!(error.to_string().contains("did you mean `ROUTEKIT_APP_DATABASE__URL`?"));
    /// # Ok::<(), routekit::Error>(())
    /// ```
    ///
    /// The [guide](crate::config#settings-of-your-program) has the rules.
    ///
    /// # Errors
    /// Every value that does not fit the type, every field that is not set and has no default, and every key that the
    /// type does not have. Messages never contain a value.
    pub fn app<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.app.read(is_setting).map_err(Error::new)
    }

    /// A warning for settings of the program that it has not read.
    pub(crate) fn unread_app_settings(&self) -> Option<String> {
        let unread = self.app.unread();
        (!unread.is_empty()).then(|| {
            format!(
                "the program does not read {}: give the `Config` whose `app()` it calls to `App::config`",
                unread.join(", ")
            )
        })
    }
}
