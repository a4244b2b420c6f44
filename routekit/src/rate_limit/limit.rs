//! The settings of one limit, from code, an attribute or the configuration.

use std::{fmt, str::FromStr};

use http::HeaderName;
use routekit_grammar::rate::{self, Rate};

use crate::{
    base::setup_problem::{Error, SetupProblem, all_mistakes},
    route::{RateLimitKey, RateLimitPolicy, RequestText},
};

/// A rate limit: a rate, a burst, and what it counts by. See the [module docs](crate::rate_limit).
///
/// ```
/// use routekit::rate_limit::{Limit, LimitBy, Rate};
///
/// let daily = Limit::new(Rate::parse("1000/day")?).per(LimitBy::User).name("daily");
/// assert_eq!(daily.to_string(), "1000/day burst=1000 per=user name=daily");
/// // The same, as it is written in the configuration.
/// assert_eq!("1000/day per=user name=daily".parse::<Limit>()?.to_string(), daily.to_string());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// An invalid name, a rate of zero and a burst below one are start-up errors of an app.
#[derive(Debug, Clone)]
#[must_use]
pub struct Limit {
    rate: Rate,
    burst: Option<u32>,
    by: Option<LimitBy>,
    name: Option<String>,
    mode: Option<LimitMode>,
    shared: Option<bool>,
}

/// What a limit counts by.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum LimitBy {
    /// The [address](crate::client_address) of the client; the first 64 bits of an IPv6 address.
    Ip,
    /// The [identity](crate::identity) of the client, or else its address.
    User,
    /// The value of a header, or else the address of the client. Clients choose the value.
    Header(HeaderName),
    /// A text that the program derives from the request.
    Function(RequestText),
}

impl LimitBy {
    /// Whether the key may depend on the identity of the client. Such a limit acts behind `auth`.
    pub(crate) fn needs_identity(&self) -> bool {
        match self {
            Self::Ip | Self::Header(_) => false,
            // A function may read the identity.
            Self::User | Self::Function(_) => true,
        }
    }
}

/// What happens to requests beyond a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitMode {
    /// They are refused with 429.
    Enforce,
    /// They are counted, and pass.
    Observe,
}

/// The text is not a [`Limit`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitError(String);

impl LimitError {
    pub(super) fn new(reason: String) -> Self {
        Self(reason)
    }
}

impl Limit {
    /// Creates a limit with this rate per address.
    pub const fn new(rate: Rate) -> Self {
        Self { rate, burst: None, by: None, name: None, mode: None, shared: None }
    }

    /// Sets how many requests may come at once. Defaults to the number of requests in the rate.
    pub fn burst(mut self, burst: u32) -> Self {
        self.burst = Some(burst);
        self
    }

    /// Sets what the limit counts by. Defaults to [`LimitBy::Ip`].
    pub fn per(mut self, by: LimitBy) -> Self {
        self.by = Some(by);
        self
    }

    /// Sets the name in headers, metrics and refusals: letters, digits, `-`, `_` and `.`. Defaults to `ip`, `user`, the
    /// name of the header, or `custom`.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets what happens to requests beyond the limit. Defaults to [`LimitMode::Enforce`].
    pub fn mode(mut self, mode: LimitMode) -> Self {
        self.mode = Some(mode);
        self
    }

    /// Counts requests beyond the limit, and lets them pass.
    pub fn observe(self) -> Self {
        self.mode(LimitMode::Observe)
    }

    /// Counts the requests to all processes with the same prefix in one Redis. Defaults to those of this process.
    ///
    /// An app needs a cache in Redis for it, which [`App::cache`](crate::App::cache) or the setting `redis.url` gives
    /// it. While Redis is away, each process counts on its own.
    /// [`RateLimitLayer::new`](crate::rate_limit::RateLimitLayer::new) refuses such a limit: a layer shares all its
    /// limits, or none.
    pub fn shared(mut self) -> Self {
        self.shared = Some(true);
        self
    }

    /// A limit that a route declares.
    pub(crate) fn declared(policy: &RateLimitPolicy) -> Self {
        let by = match policy.key() {
            RateLimitKey::Ip => LimitBy::Ip,
            RateLimitKey::User => LimitBy::User,
            RateLimitKey::Header(name) => LimitBy::Header(HeaderName::from_static(name)),
            RateLimitKey::Function(function) => LimitBy::Function(function.key_text()),
        };
        let mode = if policy.observes() { LimitMode::Observe } else { LimitMode::Enforce };
        let limit = Self::new(policy.rate()).burst(policy.burst()).per(by).name(policy.name()).mode(mode);
        if policy.is_shared() { limit.shared() } else { limit }
    }

    /// This limit, with the key, the mode and the scope of the one of `declared` with its name where it sets none. So
    /// configuration can change the rate of a limit whose key is a function.
    pub(crate) fn completed_by(mut self, declared: &[RateLimitPolicy]) -> Self {
        if let Some(same) = declared.iter().find(|policy| policy.name() == self.display_name()) {
            let same = Self::declared(same);
            self.name = same.name;
            self.by = self.by.or(same.by);
            self.mode = self.mode.or(same.mode);
            self.shared = self.shared.or(same.shared);
        }
        self
    }

    /// Returns the rate.
    #[must_use]
    pub const fn rate(&self) -> Rate {
        self.rate
    }

    /// Returns the burst, which is the number of requests in the rate if none was set.
    #[must_use]
    pub fn effective_burst(&self) -> u32 {
        self.burst.unwrap_or(self.rate.requests())
    }

    /// Returns the name, which depends on what the limit counts by if none was set.
    #[must_use]
    pub fn display_name(&self) -> &str {
        match (&self.name, &self.by) {
            (Some(name), _) => name,
            (None, None | Some(LimitBy::Ip)) => "ip",
            (None, Some(LimitBy::User)) => "user",
            (None, Some(LimitBy::Header(name))) => name.as_str(),
            (None, Some(LimitBy::Function(_))) => "custom",
        }
    }

    /// Returns what the limit counts by.
    #[must_use]
    pub fn by(&self) -> &LimitBy {
        self.by.as_ref().unwrap_or(&LimitBy::Ip)
    }

    /// Returns whether requests beyond the limit pass.
    #[must_use]
    pub fn observes(&self) -> bool {
        self.mode == Some(LimitMode::Observe)
    }

    /// Returns whether it counts the requests to all processes together.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.shared == Some(true)
    }

    /// Why this rate and burst cannot be used: what the limit has.
    pub(super) fn mistake(&self) -> Option<&'static str> {
        self.rate.check().and_then(|()| self.rate.check_burst(self.effective_burst())).err()
    }
}

/// All reasons why these limits cannot be used together, as the rest of a sentence that begins with their setting.
pub(crate) fn mistake(limits: &[Limit]) -> Option<String> {
    let mut mistakes = Vec::new();
    for (index, limit) in limits.iter().enumerate() {
        let name = limit.display_name();
        if let Err(reason) = rate::check_name(name) {
            mistakes.push(format!("`{name}` is {reason}"));
        }
        if let Some(mistake) = limit.mistake() {
            mistakes.push(format!("the limit `{name}` has {mistake}"));
        }
        // A third limit of the name is no further mistake.
        if limits[..index].iter().filter(|other| other.display_name() == name).count() == 1 {
            mistakes
                .push(format!("two limits are named `{name}`; give one of them another name, such as `name=daily`"));
        }
    }
    if limits.len() > rate::MAX_LIMITS {
        mistakes.push(format!("more than {} limits; leave some of them out", rate::MAX_LIMITS));
    }
    all_mistakes(&mistakes)
}

/// `100/s`, then any of `burst=200`, `per=user`, `name=daily`, `mode=observe` and `shared`.
impl FromStr for Limit {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, LimitError> {
        let mut words = text.split_ascii_whitespace();
        let rate = words.next().unwrap_or_default();
        let rate = Rate::parse(rate).map_err(|reason| LimitError(format!("`{rate}` is {reason}")))?;
        let mut limit = Self::new(rate);
        for word in words {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            let is_new = match name {
                "burst" => limit.burst.replace(burst(rate, value)?).is_none(),
                "per" => limit.by.replace(value.parse()?).is_none(),
                "mode" => limit.mode.replace(value.parse()?).is_none(),
                "name" => {
                    rate::check_name(value).map_err(|reason| LimitError(format!("`{value}` is {reason}")))?;
                    limit.name.replace(value.to_owned()).is_none()
                }
                "shared" => limit.shared.replace(shared(word)?).is_none(),
                _ => {
                    let known = "`burst=200`, `per=user`, `name=daily`, `mode=observe` and `shared`";
                    return Err(LimitError(format!("`{word}` is not part of a limit; a rate is followed by {known}")));
                }
            };
            if !is_new {
                return Err(LimitError(format!("`{name}` is given twice; leave one of them out")));
            }
        }
        if let Some(reason) = limit.mistake() {
            return Err(LimitError(format!("`{text}` has {reason}")));
        }
        let name = limit.display_name();
        rate::check_name(name).map_err(|reason| LimitError(format!("`{name}` is {reason}")))?;
        Ok(limit)
    }
}

fn burst(rate: Rate, value: &str) -> Result<u32, LimitError> {
    let burst = value.parse().map_err(|_| LimitError(format!("`burst={value}` is not a number of requests")))?;
    rate.check_burst(burst).map_err(|reason| LimitError(format!("`burst={value}` is {reason}")))?;
    Ok(burst)
}

/// `shared`, or `shared=false` for a limit whose attribute says `shared`.
fn shared(word: &str) -> Result<bool, LimitError> {
    match word {
        "shared" | "shared=true" => Ok(true),
        "shared=false" => Ok(false),
        _ => Err(LimitError(format!("`{word}` is not `shared`, or `shared=false` for the limit of one process"))),
    }
}

/// `ip`, `user` or `header:x-api-key`.
impl FromStr for LimitBy {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, LimitError> {
        match (text, text.strip_prefix("header:")) {
            ("ip", _) => Ok(Self::Ip),
            ("user", _) => Ok(Self::User),
            (_, Some(name)) => {
                name.parse().map(Self::Header).map_err(|_| LimitError(format!("`{name}` is not a header name")))
            }
            _ => Err(LimitError(format!("`per={text}` is not one of `ip`, `user` and `header:x-api-key`"))),
        }
    }
}

/// `enforce` or `observe`.
impl FromStr for LimitMode {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, LimitError> {
        match text {
            "enforce" => Ok(Self::Enforce),
            "observe" => Ok(Self::Observe),
            _ => Err(LimitError(format!("`mode={text}` is not one of `enforce` and `observe`"))),
        }
    }
}

impl fmt::Display for LimitBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip => f.write_str("ip"),
            Self::User => f.write_str("user"),
            Self::Header(name) => write!(f, "header:{name}"),
            Self::Function(_) => f.write_str("function"),
        }
    }
}

/// So `?` works in a `main` that returns the error of [`App::serve`](crate::App::serve).
impl From<LimitError> for Error {
    fn from(error: LimitError) -> Self {
        Self::new(vec![SetupProblem::new("invalid-rate-limit", error.0)])
    }
}

/// `10/s burst=20 per=ip name=ip`, with `mode=observe` if it only observes, and `shared` if all processes count
/// together.
impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (burst, by, name) = (self.effective_burst(), self.by(), self.display_name());
        write!(f, "{} burst={burst} per={by} name={name}", self.rate)?;
        if self.observes() {
            f.write_str(" mode=observe")?;
        }
        if self.is_shared() { f.write_str(" shared") } else { Ok(()) }
    }
}

/// Limits are equal if they are shown alike.
impl PartialEq for Limit {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl fmt::Display for LimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LimitError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_is_parsed_and_shown() {
        for (text, shown) in [
            ("10/s", "10/s burst=10 per=ip name=ip"),
            ("  10/s   burst=20 ", "10/s burst=20 per=ip name=ip"),
            ("1000/day name=daily per=user", "1000/day burst=1000 per=user name=daily"),
            ("5/h per=header:X-Api-Key", "5/h burst=5 per=header:x-api-key name=x-api-key"),
            ("5/h mode=observe", "5/h burst=5 per=ip name=ip mode=observe"),
            ("5/h mode=enforce", "5/h burst=5 per=ip name=ip"),
            ("5/h shared burst=6", "5/h burst=6 per=ip name=ip shared"),
            ("5/h mode=observe shared=true", "5/h burst=5 per=ip name=ip mode=observe shared"),
            ("5/h shared=false", "5/h burst=5 per=ip name=ip"),
        ] {
            assert_eq!(text.parse::<Limit>().unwrap().to_string(), shown);
            assert_eq!(shown.parse::<Limit>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn text_that_is_no_limit_has_a_reason() {
        for (text, reason) in [
            ("", "`` is not a rate"),
            ("0/s", "`0/s` is a rate of zero"),
            ("10/s burst=0", "`burst=0` is a burst below one"),
            ("10/s burst=x", "not a number of requests"),
            ("1/day burst=9999", "takes more than 366 days"),
            ("10/s per=path", "`per=path` is not one of"),
            ("10/s per=header:a@b", "not a header name"),
            ("10/s per=header:", "not a header name"),
            ("10/s mode=dry", "`mode=dry` is not one of"),
            ("10/s name=", "not a name of a limit"),
            ("5/h per=header:abcdefghijklmnopqrstuvwxyz-abcdefg", "-abcdefg` is not a name of a limit; write up to 32"),
            ("10/s name=ä", "not a name of a limit"),
            ("10/s burst", "not a number of requests"),
            ("10/s 20", "`20` is not part of a limit"),
            ("10/s name=a name=b", "`name` is given twice"),
            ("10/s shared shared=false", "`shared` is given twice"),
            ("10/s shared=maybe", "`shared=maybe` is not `shared`, or `shared=false`"),
        ] {
            let message = text.parse::<Limit>().unwrap_err().to_string();
            assert!(message.contains(reason), "{text}: {message}");
        }
    }

    #[test]
    fn limits_that_cannot_be_used_together_have_a_reason() {
        let limit = || Limit::new(Rate::new(10, 1000));
        assert_eq!(mistake(&[limit(), limit().name("other")]), None);
        for (limits, reason) in [
            (vec![limit(), limit()], "two limits are named `ip`"),
            (vec![limit().name("a"), limit().name("a")], "two limits are named `a`"),
            (vec![limit().burst(0)], "the limit `ip` has a burst below one"),
            (vec![Limit::new(Rate::new(0, 1000))], "the limit `ip` has a rate of zero"),
            (vec![limit().name("a b")], "`a b` is not a name of a limit; write up to 32"),
            ((0..9).map(|n| limit().name(n.to_string())).collect(), "more than 8 limits"),
            (vec![limit().burst(0), limit().name("a b")], "2 mistakes\n  the limit `ip` has a burst below one"),
            (vec![limit().name("a"), limit().name("b a"), limit().name("a"), limit().name("a")], "2 mistakes"),
        ] {
            let message = mistake(&limits).unwrap();
            assert!(message.starts_with(reason), "{message}");
        }
    }
}
