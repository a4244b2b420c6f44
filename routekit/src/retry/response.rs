use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{
    HeaderMap, HeaderName, Response, StatusCode,
    header::{DATE, RETRY_AFTER},
};

use super::classify::RetryDecision;
use crate::base::clock::Clock;

/// Retries errors and responses with status 429, 502, 503 or 504. A response with `Retry-After` (RFC 9110 §10.2.3) is
/// retried after that time.
///
/// For [`Retry::classify`](super::Retry::classify). A date in `Retry-After` is compared with the response's own `Date`
/// if it has one, so that a wrong clock on the server does not matter.
pub fn classify_response<B, E>(result: &Result<Response<B>, E>) -> RetryDecision {
    classify(result, &Clock::system())
}

fn classify<B, E>(result: &Result<Response<B>, E>, clock: &Clock) -> RetryDecision {
    let Ok(response) = result else { return RetryDecision::Retry };
    match response.status() {
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => {
            retry_after(response.headers(), clock).map_or(RetryDecision::Retry, RetryDecision::RetryAfter)
        }
        _ => RetryDecision::Stop,
    }
}

/// `None` if the header is missing or malformed.
fn retry_after(headers: &HeaderMap, clock: &Clock) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // Too many digits for a `u64` mean a very long time, not a malformed header.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let at = date(headers, RETRY_AFTER)?;
    let now = date(headers, DATE).unwrap_or_else(|| UNIX_EPOCH + clock.unix_time());
    Some(at.duration_since(now).unwrap_or_default())
}

fn date(headers: &HeaderMap, name: HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;
    use crate::base::clock::ManualClock;

    fn answer(status: u16, retry_after: Option<&str>, date: Option<&str>) -> Result<Response<()>, fmt::Error> {
        let mut response = Response::builder().status(status);
        for (name, value) in [(RETRY_AFTER, retry_after), (DATE, date)] {
            if let Some(value) = value {
                response = response.header(name, value);
            }
        }
        Ok(response.body(()).unwrap())
    }

    #[test]
    fn only_429_502_503_and_504_are_retried() {
        for status in 100..=599 {
            let expected =
                if [429, 502, 503, 504].contains(&status) { RetryDecision::Retry } else { RetryDecision::Stop };
            assert_eq!(classify_response(&answer(status, None, None)), expected, "{status}");
        }
        assert_eq!(classify_response(&Err::<Response<()>, _>(fmt::Error)), RetryDecision::Retry);
        assert_eq!(classify_response(&answer(200, Some("5"), None)), RetryDecision::Stop, "201 to 404 have it too");
    }

    #[test]
    fn retry_after_is_parsed() {
        let after = |seconds| RetryDecision::RetryAfter(Duration::from_secs(seconds));
        let rows: [(&str, Option<&str>, RetryDecision); 12] = [
            ("120", None, after(120)),
            ("0", None, after(0)),
            (" 7 ", None, after(7)),
            ("99999999999999999999999", None, after(u64::MAX)),
            ("Tue, 01 Jan 2030 00:00:30 GMT", None, after(20)),
            ("Tue, 01 Jan 2030 00:00:05 GMT", None, after(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some("Sun, 06 Nov 1994 08:49:07 GMT"), after(30)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some("Sun, 06 Nov 1994 08:50:00 GMT"), after(0)),
            ("Tue, 01 Jan 2030 00:00:30 GMT", Some("soon"), after(20)),
            ("-1", None, RetryDecision::Retry),
            ("+1", None, RetryDecision::Retry),
            ("soon", None, RetryDecision::Retry),
        ];
        let clock = ManualClock::new();
        clock.advance(Duration::from_secs(10));
        for (value, date, expected) in rows {
            for status in [429, 502, 503, 504] {
                let decision = classify(&answer(status, Some(value), date), &clock.clock());
                assert_eq!(decision, expected, "{status} {value:?} {date:?}");
            }
        }
    }
}
