//! Methods as labels.

use http::Method;

/// The methods that OpenTelemetry knows. Any other is `_OTHER`, so that clients cannot create labels.
pub(crate) const METHODS: [&str; 10] =
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "_OTHER"];

/// Returns the index of a method in [`METHODS`].
pub(crate) fn method_index(method: &Method) -> usize {
    match *method {
        Method::GET => 0,
        Method::HEAD => 1,
        Method::POST => 2,
        Method::PUT => 3,
        Method::PATCH => 4,
        Method::DELETE => 5,
        Method::OPTIONS => 6,
        Method::CONNECT => 7,
        Method::TRACE => 8,
        _ => 9,
    }
}

/// Returns the name of a method, or `_OTHER`.
pub(crate) fn method_name(method: &Method) -> &'static str {
    METHODS[method_index(method)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn index_and_name_of_a_method_agree() {
        for name in METHODS {
            assert_eq!(method_name(&Method::from_bytes(name.as_bytes()).unwrap()), name);
        }
        assert_eq!(method_name(&Method::from_bytes(b"PURGE").unwrap()), "_OTHER");
    }
}
