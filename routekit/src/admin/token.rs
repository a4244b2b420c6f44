//! Who may change state.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, header};

use crate::{config::Secret, problem::Problem};

/// Lets requests pass that bring the token; for all others, 401 (RFC 6750 §3).
pub(super) async fn authorize(State(token): State<Secret>, request: Request, next: Next) -> Response {
    let challenge = match bearer(request.headers()) {
        Some(brought) if token.is(brought) => return next.run(request).await,
        Some(_) => r#"Bearer realm="routekit", error="invalid_token""#,
        None => r#"Bearer realm="routekit""#,
    };
    tracing::warn!(target: "routekit::admin", method = %request.method(), path = request.uri().path(), "refused");
    Problem::unauthorized("this changes state and takes the admin token")
        .header(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
        .into_response()
}

/// The token of the one `Authorization` header; its scheme is not case-sensitive (RFC 9110 §11.1).
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (all.next(), all.next()) else { return None };
    let (scheme, token) = value.as_bytes().split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then(|| token.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_tokens_are_read() {
        let rows: [(&str, &[&'static str], Option<&str>); 6] = [
            ("one", &["Bearer abc"], Some("abc")),
            ("any case, more space", &["bEARER   abc"], Some("abc")),
            ("another scheme", &["Basic abc"], None),
            ("no token", &["Bearer"], None),
            ("two headers", &["Bearer abc", "Bearer abc"], None),
            ("none", &[], None),
        ];
        for (name, values, expected) in rows {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
            }
            assert_eq!(bearer(&headers), expected.map(str::as_bytes), "{name}");
        }
    }
}
