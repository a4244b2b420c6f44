//! The URL of a server.

use std::fmt;

use percent_encoding::percent_decode_str;

/// The address of a server, and the user that connects.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::cache::redis) struct ServerAddress {
    pub(super) tls: bool,
    pub(super) host: String,
    pub(super) port: u16,
    pub(in crate::cache::redis) username: Option<String>,
    pub(in crate::cache::redis) password: Option<String>,
    pub(super) database: i64,
}

const DEFAULT_PORT: u16 = 6379;

/// The schemes of URLs that are supported.
const SCHEMES: [&str; 4] = ["redis", "rediss", "valkey", "valkeys"];

impl ServerAddress {
    /// Parses `redis://user:password@host:port/database` or `rediss://…`. The error does not repeat the URL, which may
    /// contain a password.
    pub(in crate::cache::redis) fn parse(url: &str) -> Result<Self, String> {
        const EXAMPLE: &str = "write `redis://HOST:PORT`, or `rediss://HOST:PORT` for TLS";
        if let Some((scheme, rest)) = url.split_once("://") {
            let is_scheme = scheme.chars().all(|c| c.is_ascii_alphabetic() || c == '+');
            if is_scheme && !SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
                return Err(format!("`{scheme}://` is not supported; {EXAMPLE}"));
            }
            if rest.rsplit_once('@').is_some_and(|(login, _)| login.contains(['#', '/', '?'])) {
                return Err(
                    "its user or password contains `#`, `/` or `?`: percent-encode that (`%23`, `%2F`, `%3F`), \
                            or use `redis.password`"
                        .to_owned(),
                );
            }
        }
        let Some(parsed) = redis::parse_redis_url(url) else {
            return Err(format!("it is not the URL of a Redis server; {EXAMPLE}"));
        };
        let tls = matches!(parsed.scheme(), "rediss" | "valkeys");
        let Some(host) = parsed.host_str().filter(|host| !host.is_empty()) else {
            return Err(format!("it names no host; {EXAMPLE}"));
        };
        let database = match parsed.path().trim_start_matches('/') {
            "" => 0,
            number => match number.parse() {
                Ok(number @ 0..=i64::MAX) => number,
                Ok(_) | Err(_) => return Err("its path is not the number of a database, such as `/0`".to_owned()),
            },
        };
        if parsed.query().is_some() || parsed.fragment().is_some() {
            return Err("it has parameters, which are not supported".to_owned());
        }
        let decoded = |text: &str| -> Result<Option<String>, String> {
            let text = percent_decode_str(text).decode_utf8();
            let text = text.map_err(|_| "its user or password is not UTF-8 after percent-decoding".to_owned())?;
            Ok(Some(text.into_owned()).filter(|text| !text.is_empty()))
        };
        Ok(Self {
            tls,
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port: parsed.port().unwrap_or(DEFAULT_PORT),
            username: decoded(parsed.username())?,
            password: decoded(parsed.password().unwrap_or_default())?,
            database,
        })
    }

    /// The same user and database on another server.
    pub(super) fn at(&self, host: &str, port: u16) -> Self {
        Self { host: host.to_owned(), port, ..self.clone() }
    }
}

/// Without the password.
impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "rediss" } else { "redis" };
        let (open, close) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        write!(f, "{scheme}://{open}{}{close}:{}", self.host, self.port)
    }
}

impl fmt::Debug for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read() {
        let address = |tls, host: &str, port, (username, password): (Option<&str>, Option<&str>), database| {
            let [username, password] = [username, password].map(|text| text.map(str::to_owned));
            ServerAddress { tls, host: host.to_owned(), port, username, password, database }
        };
        for (url, expected) in [
            ("redis://localhost", address(false, "localhost", 6379, (None, None), 0)),
            ("rediss://cache.example:6380/2", address(true, "cache.example", 6380, (None, None), 2)),
            ("redis://app:s%40f%2Fe@10.0.0.1", address(false, "10.0.0.1", 6379, (Some("app"), Some("s@f/e")), 0)),
            ("redis://:secret@[::1]:7000/", address(false, "::1", 7000, (None, Some("secret")), 0)),
            ("REDIS://h", address(false, "h", 6379, (None, None), 0)),
            ("valkeys://h", address(true, "h", 6379, (None, None), 0)),
        ] {
            let read = ServerAddress::parse(url).unwrap();
            assert!(read == expected, "{url}");
        }
    }

    #[test]
    fn errors_of_urls_say_what_to_write() {
        for (url, expected) in [
            ("http://h", "`http://` is not supported"),
            ("redis+unix:///run/redis", "`redis+unix://` is not supported"),
            ("redis://:a#b@h", "percent-encode"),
            ("redis://:a/b@h:6379", "percent-encode"),
            ("redis://:1?b@h", "`redis.password`"),
        ] {
            let error = ServerAddress::parse(url).expect_err(url);
            assert!(error.contains(expected), "{url}: {error}");
        }
    }

    #[test]
    fn errors_of_urls_do_not_repeat_them() {
        for url in [
            "",
            "localhost:6379",
            "http://hunter2@h",
            "redis://",
            "redis://u:hunter2@h/x",
            "redis://u:hunter2@h/-1",
            "redis://u:hunter2@h?protocol=resp3",
            "redis://u:hunter2@h:99999",
            "unix:///hunter2",
            "redis://%ff:hunter2@h",
            "redis://u:hunter2#a@h",
            "redis://:hunter2/a@h:6379",
            "redis://:1?hunter2@h",
            "hunter2://h",
        ] {
            let error = ServerAddress::parse(url).expect_err(url);
            assert!(!error.contains("hunter2"), "{url}: {error}");
        }
        let address = ServerAddress::parse("redis://u:hunter2@h").unwrap();
        assert_eq!(format!("{address:?} {address}"), "redis://h:6379 redis://h:6379");
    }
}
