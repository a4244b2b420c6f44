//! The headers of rate limits: those of draft-ietf-httpapi-ratelimit-headers-10, which this file alone knows, and the
//! older `X-RateLimit-…`.

use std::{fmt, str::FromStr};

use http::{HeaderMap, HeaderName, HeaderValue};
use routekit_grammar::rate::{MAX_LIMITS, MAX_NAME};

use super::{limit::Limit, quota_states::QuotaStates};

/// §4 of the draft: the state of each limit, with `r` requests left and `t` seconds until there is one more.
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// §3 of the draft: each limit, with a quota of `q` requests in `w` seconds.
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const X_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const X_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const X_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// The longest state of one limit: `"name";r=4294967295;t=4294967295`.
const LONGEST_ITEM: usize = MAX_NAME + 2 + 3 + 10 + 3 + 10;
/// A list of as many as a route may have, with `, ` between them.
const LONGEST_LIST: usize = MAX_LIMITS * (LONGEST_ITEM + 2);

/// Which headers tell clients about their rate limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RateLimitHeaders {
    /// `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers-10.
    #[default]
    Draft,
    /// `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset`, in seconds from now, of the limit that is
    /// closest to its end.
    Legacy,
    /// Both.
    Both,
    /// None. A 429 still has `Retry-After`.
    None,
}

/// The headers of a set of limits, as far as they are known at start-up.
#[derive(Debug)]
pub(super) struct LimitFields {
    style: RateLimitHeaders,
    policy: HeaderValue,
    /// Without limits that observe: a client must not notice them.
    sent: Box<[SentLimit]>,
}

/// A limit that clients learn of.
#[derive(Debug)]
struct SentLimit {
    /// Its place among all limits.
    place: usize,
    /// `"name";r=`
    prefix: Box<[u8]>,
    burst: HeaderValue,
}

impl LimitFields {
    pub(super) fn new<'a>(style: RateLimitHeaders, limits: impl Iterator<Item = &'a Limit>) -> Self {
        let limits: Vec<_> = limits.enumerate().filter(|(_, limit)| !limit.observes()).collect();
        let policies = limits.iter().map(|(_, limit)| {
            let (burst, rate) = (u128::from(limit.effective_burst()), limit.rate());
            let window = (burst * u128::from(rate.window_ms())).div_ceil(u128::from(rate.requests()) * 1000);
            format!("\"{}\";q={burst};w={window}", limit.display_name())
        });
        let policy = policies.collect::<Vec<_>>().join(", ");
        let sent = limits.iter().map(|(place, limit)| SentLimit {
            place: *place,
            prefix: format!("\"{}\";r=", limit.display_name()).into_bytes().into(),
            burst: limit.effective_burst().into(),
        });
        let policy = HeaderValue::from_str(&policy).expect("names of limits are letters, digits, `-`, `_` and `.`");
        Self { style, policy, sent: sent.collect() }
    }

    /// Adds the headers of a response.
    #[inline]
    pub(super) fn add_to(&self, headers: &mut HeaderMap, states: &QuotaStates) {
        if self.sent.is_empty() || matches!(states, QuotaStates::None) {
            return;
        }
        if matches!(self.style, RateLimitHeaders::Draft | RateLimitHeaders::Both) {
            let list = match &*self.sent {
                [only] => self.list::<LONGEST_ITEM>(std::slice::from_ref(only), states),
                all => self.list::<LONGEST_LIST>(all, states),
            };
            if let Some(list) = list {
                // Both are lists, to which a layer within may have written its limits (RFC 9651 §3.1).
                // A map with the most headers that it can have stays as it is.
                let _ = headers.try_append(RATE_LIMIT_POLICY, self.policy.clone());
                let _ = headers.try_append(RATE_LIMIT, list);
            }
        }
        if matches!(self.style, RateLimitHeaders::Legacy | RateLimitHeaders::Both) {
            self.add_legacy(headers, states);
        }
    }

    /// The states of the limits that have counted the request, written into `N` bytes.
    #[inline]
    fn list<const N: usize>(&self, limits: &[SentLimit], states: &QuotaStates) -> Option<HeaderValue> {
        let mut text = FieldText::<N>::new();
        for limit in limits {
            let Some(state) = states.get(limit.place) else { continue };
            if text.length > 0 {
                text.push(b", ");
            }
            text.push(&limit.prefix);
            text.push_number(state.remaining);
            text.push(b";t=");
            text.push_number(state.reset_seconds);
        }
        HeaderValue::from_bytes(text.bytes()).ok().filter(|value| !value.is_empty())
    }

    fn add_legacy(&self, headers: &mut HeaderMap, states: &QuotaStates) {
        let counted = self.sent.iter().filter_map(|limit| Some((limit, states.get(limit.place)?)));
        let Some((limit, state)) = counted.min_by_key(|(_, state)| (state.remaining, u32::MAX - state.reset_seconds))
        else {
            return;
        };
        // The limit that is nearer to the handler has refused, or was counted last.
        if headers.contains_key(X_LIMIT) {
            return;
        }
        let _ = headers.try_insert(X_LIMIT, limit.burst.clone());
        let _ = headers.try_insert(X_REMAINING, state.remaining.into());
        let _ = headers.try_insert(X_RESET, state.reset_seconds.into());
    }
}

/// The text of a header, without an allocation of its own.
struct FieldText<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> FieldText<N> {
    #[inline]
    fn new() -> Self {
        Self { bytes: [0; N], length: 0 }
    }

    #[inline]
    fn push(&mut self, text: &[u8]) {
        let end = self.length + text.len();
        self.bytes[self.length..end].copy_from_slice(text);
        self.length = end;
    }

    #[inline]
    fn push_number(&mut self, number: u32) {
        self.push(itoa::Buffer::new().format(number).as_bytes());
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// `draft`, `legacy`, `both` or `none`.
impl FromStr for RateLimitHeaders {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "draft" => Ok(Self::Draft),
            "legacy" => Ok(Self::Legacy),
            "both" => Ok(Self::Both),
            "none" | "off" => Ok(Self::None),
            _ => Err("not one of `draft`, `legacy`, `both` and `none`"),
        }
    }
}

impl fmt::Display for RateLimitHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Draft => "draft",
            Self::Legacy => "legacy",
            Self::Both => "both",
            Self::None => "none",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{super::gcra::QuotaState, *};

    fn headers(style: RateLimitHeaders, limits: &[&str], met: &[(usize, u32, u32)]) -> Vec<String> {
        let limits: Vec<Limit> = limits.iter().map(|limit| limit.parse().unwrap()).collect();
        let fields = LimitFields::new(style, limits.iter());
        let mut states = if limits.len() == 1 { QuotaStates::None } else { QuotaStates::several() };
        for (place, remaining, reset_seconds) in met {
            states.set(*place, QuotaState { remaining: *remaining, reset_seconds: *reset_seconds });
        }
        let mut headers = HeaderMap::new();
        fields.add_to(&mut headers, &states);
        let mut lines: Vec<String> =
            headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        lines.sort_by_key(|line| line.split_once(": ").map(|(name, _)| name.to_owned()));
        lines
    }

    #[test]
    fn draft_has_one_item_for_each_limit() {
        let [list, policy] = &headers(RateLimitHeaders::Draft, &["10/s burst=20 name=burst"], &[(0, 19, 1)])[..] else {
            panic!("two headers");
        };
        assert_eq!(list, r#"ratelimit: "burst";r=19;t=1"#);
        assert_eq!(policy, r#"ratelimit-policy: "burst";q=20;w=2"#);

        let limits = ["3/s", "1000/day per=user name=daily"];
        let lines = headers(RateLimitHeaders::Draft, &limits, &[(0, 0, 1), (1, 1000, 0)]);
        assert_eq!(lines[0], r#"ratelimit: "ip";r=0;t=1, "daily";r=1000;t=0"#);
        assert_eq!(lines[1], r#"ratelimit-policy: "ip";q=3;w=1, "daily";q=1000;w=86400"#);
        let lines = headers(RateLimitHeaders::Draft, &limits, &[(0, 2, 1)]);
        assert_eq!(lines[0], r#"ratelimit: "ip";r=2;t=1"#, "a limit that has not counted the request");
    }

    #[test]
    fn legacy_has_the_limit_that_is_closest_to_its_end() {
        let limits = ["10/s", "1000/day per=user name=daily"];
        let lines = headers(RateLimitHeaders::Legacy, &limits, &[(0, 9, 1), (1, 4, 87)]);
        assert_eq!(lines, ["x-ratelimit-limit: 1000", "x-ratelimit-remaining: 4", "x-ratelimit-reset: 87"]);
        assert_eq!(headers(RateLimitHeaders::Both, &limits, &[(0, 9, 1), (1, 4, 87)]).len(), 5);
    }

    #[test]
    fn limit_that_observes_is_not_sent() {
        let lines = headers(RateLimitHeaders::Both, &["10/s mode=observe"], &[(0, 0, 1)]);
        assert!(lines.is_empty(), "{lines:?}");
        let lines = headers(RateLimitHeaders::Draft, &["10/s mode=observe", "5/s name=b"], &[(0, 0, 1), (1, 4, 1)]);
        assert_eq!(lines, [r#"ratelimit: "b";r=4;t=1"#, r#"ratelimit-policy: "b";q=5;w=1"#]);
    }

    #[test]
    fn no_headers_without_a_limit_that_was_met_or_if_they_are_off() {
        assert!(headers(RateLimitHeaders::Both, &["10/s"], &[]).is_empty());
        assert!(headers(RateLimitHeaders::Both, &["10/s", "5/s name=b"], &[]).is_empty());
        assert!(headers(RateLimitHeaders::None, &["10/s"], &[(0, 9, 1)]).is_empty());
    }

    #[test]
    fn longest_list_fits() {
        let names: Vec<String> =
            (0..MAX_LIMITS).map(|n| format!("1000000000/s burst=4294967295 name={n:0>32}")).collect();
        let limits: Vec<&str> = names.iter().map(String::as_str).collect();
        let met: Vec<_> = (0..MAX_LIMITS).map(|place| (place, u32::MAX, u32::MAX - 1)).collect();
        let lines = headers(RateLimitHeaders::Draft, &limits, &met);
        assert_eq!(lines[0].matches("r=4294967295;t=4294967294").count(), MAX_LIMITS);
        assert_eq!(headers(RateLimitHeaders::Draft, &limits[..1], &met[..1]).len(), 2);
    }
}
