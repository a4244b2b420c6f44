//! Placeholder.
use super::CdnTags;
use http::HeaderValue;
pub(super) fn header_value(_kind: CdnTags, _partition: &str, names: &[String]) -> HeaderValue {
    HeaderValue::from_str(&names.join(",")).expect("x")
}
