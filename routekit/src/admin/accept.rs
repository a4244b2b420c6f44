//! What a client accepts.

use http::{HeaderMap, HeaderName};

/// The best quality of the elements of a list that match, in thousandths (RFC 9110 §12.4.2). `None` if none matches.
///
/// `matches` gets an element in lower case, and its parameters.
pub(super) fn quality(
    headers: &HeaderMap,
    name: HeaderName,
    matches: impl Fn(&str, &[(&str, &str)]) -> bool,
) -> Option<u16> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let elements = values.flat_map(|value| value.split(','));
    let qualities = elements.filter_map(|element| {
        let mut parts = element.split(';').map(str::trim);
        let element = parts.next()?.to_ascii_lowercase();
        let parameters: Vec<(&str, &str)> = parts.filter_map(|parameter| parameter.split_once('=')).collect();
        if !matches(&element, &parameters) {
            return None;
        }
        let weight = parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case("q"));
        Some(weight.map_or(1000, |(_, weight)| thousandths(weight)))
    });
    qualities.max()
}

/// A weight that is no number from 0 to 1 is 0.
fn thousandths(weight: &str) -> u16 {
    let weight: f32 = weight.parse().unwrap_or(0.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is from 0 to 1000")]
    let thousandths = if (0.0..=1.0).contains(&weight) { (weight * 1000.0).round() as u16 } else { 0 };
    thousandths
}
