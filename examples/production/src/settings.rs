//! The settings of the program, from the variables of its process.

use std::{env, fmt, net::IpAddr, num::NonZeroU32, str::FromStr};

use routekit::{config::Secret, rate_limit::Rate};

/// The settings. All problems of the variables are reported together.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) host: IpAddr,
    pub(crate) port: u16,
    pub(crate) log_level: String,
    pub(crate) database_url: String,
    pub(crate) database_connections: u32,
    pub(crate) allowed_origins: Vec<String>,
    pub(crate) tokens: Tokens,
    pub(crate) rate_limit: Rate,
    pub(crate) auth_service_url: Option<String>,
    /// Read by routekit, which checks it.
    pub(crate) has_redis: bool,
}

/// Who issues the tokens of clients.
#[derive(Debug)]
pub(crate) enum Tokens {
    /// An issuer that shares a secret with the program.
    Issued { issuer: String, secret: Secret },
    /// The program itself, for the developer who has started it.
    Development,
}

/// The problems of the environment.
#[derive(Debug)]
pub(crate) struct SettingsError(Vec<String>);

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => write!(f, "a variable of the environment is wrong:")?,
            count => write!(f, "{count} variables of the environment are wrong:")?,
        }
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for SettingsError {}

impl Settings {
    /// Reads the variables of the process. Commands that do not serve need no issuer and no database.
    pub(crate) fn from_env(is_serve: bool) -> Result<Self, SettingsError> {
        let mut read = Reader::default();
        let host = read.or("HOST", IpAddr::from([127, 0, 0, 1]), "127.0.0.1");
        let tokens = read.tokens(host, is_serve);
        if is_serve && matches!(tokens, Tokens::Issued { .. }) {
            // A database in memory is lost with the process, and others do not see it.
            read.required("DATABASE_URL", DATABASE_EXAMPLE);
        }
        let max = read.or("RATE_LIMIT_MAX", NonZeroU32::MIN.saturating_add(99), "100");
        let window = read.or("RATE_LIMIT_WINDOW", RateWindow("1h".to_owned()), "1h").0;
        let rate_limit = Rate::parse(&format!("{max}/{window}")).unwrap_or(Rate::new(100, 3_600_000));
        let settings = Self {
            host,
            port: read.or("PORT", 3000, "3000"),
            log_level: read.or("LOG_LEVEL", Level("info".to_owned()), "debug").0,
            database_url: read.or("DATABASE_URL", DatabaseUrl("sqlite::memory:".to_owned()), DATABASE_EXAMPLE).0,
            database_connections: read.or("DATABASE_MAX_CONN", NonZeroU32::MIN.saturating_add(9), "10").get(),
            allowed_origins: read
                .optional::<Origins>("ALLOWED_ORIGINS", "https://app.example.com,https://www.example.com")
                .map_or_else(Vec::new, |origins| origins.0),
            tokens,
            rate_limit,
            auth_service_url: read.optional::<Url>("AUTH_SERVICE_URL", "http://auth.example.com").map(|url| url.0),
            has_redis: read.optional::<RedisUrl>("REDIS_URL", "redis://127.0.0.1:6379").is_some(),
        };
        if read.problems.is_empty() { Ok(settings) } else { Err(SettingsError(read.problems)) }
    }
}

/// The example of `DATABASE_URL`.
const DATABASE_EXAMPLE: &str = "postgres://user:password@host/database";

/// Reads variables, and notes what is wrong.
#[derive(Default)]
struct Reader {
    problems: Vec<String>,
}

impl Reader {
    /// The value of a variable; `None` if it is not set or wrong.
    fn optional<T: FromStr>(&mut self, name: &str, example: &str) -> Option<T> {
        let value = env::var_os(name)?;
        let value = value.to_str().map(str::trim).unwrap_or_default();
        let parsed = value.parse().ok().filter(|_| !value.is_empty());
        if parsed.is_none() {
            let wrong = if value.is_empty() { "is empty" } else { "cannot be used" };
            self.problems.push(format!("{name} {wrong}: unset it, or set it as in {name}={example}"));
        }
        parsed
    }

    fn or<T: FromStr>(&mut self, name: &str, default: T, example: &str) -> T {
        self.optional(name, example).unwrap_or(default)
    }

    /// Without an issuer, the program issues tokens itself, but only for the machine that it runs on.
    fn tokens(&mut self, host: IpAddr, is_serve: bool) -> Tokens {
        let secret = self.optional::<SecretText>("JWT_SECRET", "$(openssl rand -hex 32)");
        let issuer = self.optional::<String>("JWT_ISSUER", "https://login.example.com");
        if let (Some(secret), Some(issuer)) = (&secret, &issuer) {
            return Tokens::Issued { issuer: issuer.clone(), secret: Secret::new(&secret.0) };
        }
        let has_neither = secret.is_none() && issuer.is_none();
        if is_serve && (!has_neither || !host.is_loopback()) {
            self.required("JWT_SECRET", "$(openssl rand -hex 32)");
            self.required("JWT_ISSUER", "https://login.example.com");
        }
        Tokens::Development
    }

    fn required(&mut self, name: &str, example: &str) {
        // A variable that is set and wrong has its own problem.
        if env::var_os(name).is_none() {
            self.problems.push(format!("{name} is missing: set it as in {name}={example}"));
        }
    }
}

/// A level of the log.
struct Level(String);

impl FromStr for Level {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let level = text.to_lowercase();
        let levels = ["error", "warn", "info", "debug", "trace"];
        if levels.contains(&level.as_str()) { Ok(Self(level)) } else { Err(()) }
    }
}

/// The time in which `RATE_LIMIT_MAX` requests may come: `h`, `15m`.
struct RateWindow(String);

impl FromStr for RateWindow {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Rate::parse(&format!("1/{text}")).map(|_| Self(text.to_owned()))
    }
}

/// A secret of at least 32 characters. RFC 7518 §3.2 asks for 256 bits: 64 digits of `openssl rand -hex 32`.
struct SecretText(String);

impl FromStr for SecretText {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text.len() >= 32 { Ok(Self(text.to_owned())) } else { Err(()) }
    }
}

/// A database that the program can use.
struct DatabaseUrl(String);

impl FromStr for DatabaseUrl {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let is_known = ["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| text.starts_with(scheme));
        if is_known { Ok(Self(text.to_owned())) } else { Err(()) }
    }
}

/// A Redis server. routekit reads the variable itself.
struct RedisUrl;

impl FromStr for RedisUrl {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let is_known = text.starts_with("redis://") || text.starts_with("rediss://");
        if is_known { Ok(Self) } else { Err(()) }
    }
}

/// `*`, or origins separated by commas.
struct Origins(Vec<String>);

impl FromStr for Origins {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let origins: Vec<String> = text.split(',').map(|origin| origin.trim().to_owned()).collect();
        let is_origin = |origin: &String| {
            reqwest::Url::parse(origin).is_ok_and(|url| url.origin().ascii_serialization() == *origin)
        };
        if text == "*" || origins.iter().all(is_origin) { Ok(Self(origins)) } else { Err(()) }
    }
}

/// The URL of a service, without a slash at its end.
struct Url(String);

impl FromStr for Url {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let url = reqwest::Url::parse(text).map_err(drop)?;
        let is_http = matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none();
        if is_http { Ok(Self(text.trim_end_matches('/').to_owned())) } else { Err(()) }
    }
}
