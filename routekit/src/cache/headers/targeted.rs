//! The directives of a response for shared caches: `CDN-Cache-Control` (RFC 9213).

use std::{convert::Infallible, time::Duration};

use http::{HeaderMap, HeaderName};
use sfv::{
    BareItemFromInput, KeyRef, Parser,
    visitor::{DictionaryVisitor, EntryVisitor, Ignored, InnerListVisitor, ItemVisitor},
};

use super::{
    directives::LONGEST,
    response_control::{Field, ResponseControl},
};

/// RFC 9213.
pub(in crate::cache) const CDN_CACHE_CONTROL: HeaderName = HeaderName::from_static("cdn-cache-control");

impl ResponseControl {
    /// Parses the lines as one dictionary (RFC 9651 §3.2): names are lower case, and the last of a repeated name
    /// counts.
    ///
    /// `None` without the header, and if it is empty or cannot be parsed (RFC 9213 §2.1). According to the same
    /// section, parameters are ignored, and so are values of the wrong type: `max-age="60"`, `max-age=1.5` and
    /// `max-age=-1` have no effect. The header still replaces `Cache-Control`.
    pub(in crate::cache) fn targeted(headers: &HeaderMap) -> Option<Self> {
        let mut lines = headers.get_all(CDN_CACHE_CONTROL).iter();
        let mut joined = lines.next()?.as_bytes().to_vec();
        for line in lines {
            joined.extend_from_slice(b", ");
            joined.extend_from_slice(line.as_bytes());
        }
        let read = Dictionary { control: Self::default(), is_empty: true };
        let read = Parser::new(&joined).parse_dictionary_with_visitor(read).ok()?;
        (!read.is_empty).then_some(read.control)
    }
}

struct Dictionary {
    control: ResponseControl,
    is_empty: bool,
}

impl<'de> DictionaryVisitor<'de> for Dictionary {
    type Out = Self;
    type Error = Infallible;

    fn entry(&mut self, name: &'de KeyRef) -> Result<impl EntryVisitor<'de>, Infallible> {
        self.is_empty = false;
        let mut field = self.control.field(name.as_str().as_bytes());
        // An earlier value of this name is replaced, even if this one has the wrong type.
        match &mut field {
            Some(Field::Flag(flag) | Field::Named(flag)) => **flag = false,
            Some(Field::Duration(duration)) => **duration = None,
            None => {}
        }
        Ok(field)
    }

    fn finish(self) -> Result<Self, Infallible> {
        Ok(self)
    }
}

impl<'de> EntryVisitor<'de> for Field<'_> {
    type Error = Infallible;

    fn item(self) -> Result<impl ItemVisitor<'de>, Infallible> {
        Ok(move |item: BareItemFromInput<'de>| {
            match (self, item) {
                (Self::Flag(flag) | Self::Named(flag), BareItemFromInput::Boolean(value)) => *flag = value,
                (Self::Named(flag), BareItemFromInput::String(_) | BareItemFromInput::Token(_)) => *flag = true,
                (Self::Duration(duration), BareItemFromInput::Integer(seconds)) => {
                    let seconds = u64::try_from(i64::from(seconds)).ok();
                    *duration = seconds.map(|seconds| Duration::from_secs(seconds).min(LONGEST));
                }
                _ => {}
            }
            Ok::<_, Infallible>(Ignored)
        })
    }

    fn inner_list(self) -> Result<impl InnerListVisitor<'de>, Infallible> {
        if let Self::Named(flag) = self {
            *flag = true;
        }
        Ok(Ignored)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn control(change: impl FnOnce(&mut ResponseControl)) -> Option<ResponseControl> {
        let mut control = ResponseControl::default();
        change(&mut control);
        Some(control)
    }

    #[test]
    fn values_that_fit_their_directive_count() {
        let s = |seconds| Some(Duration::from_secs(seconds));
        let rows: [(&[&str], Option<ResponseControl>); 30] = [
            (&[], None),
            (&[""], None),
            (&["  "], None),
            (&["max-age=60"], control(|c| c.max_age = s(60))),
            (&["max-age=60, s-maxage=5"], control(|c| (c.max_age, c.s_maxage) = (s(60), s(5)))),
            (&["max-age=60", "no-store"], control(|c| (c.max_age, c.no_store) = (s(60), true))),
            (&["max-age=60;x=1;y, no-cache;z"], control(|c| (c.max_age, c.no_cache) = (s(60), true))),
            (&["no-store=?1, private=?0"], control(|c| c.no_store = true)),
            (&["no-store, no-store=?0"], control(|_| {})),
            (&["no-store=1, no-cache=1, public=yes"], control(|_| {})),
            (&["no-cache=\"x\", private=(\"a\" \"b\")"], control(|c| (c.no_cache, c.private) = (true, true))),
            (&["private=x"], control(|c| c.private = true)),
            (&["no-store=\"x\""], control(|_| {})),
            (&["max-age=60, max-age=90"], control(|c| c.max_age = s(90))),
            (&["max-age=60, max-age=\"x\""], control(|_| {})),
            (&["max-age=\"60\""], control(|_| {})),
            (&["max-age=1.5"], control(|_| {})),
            (&["max-age=-1"], control(|_| {})),
            (&["max-age"], control(|_| {})),
            (&["max-age=(60)"], control(|_| {})),
            (&["max-age=0"], control(|c| c.max_age = s(0))),
            (&["max-age=999999999999999"], control(|c| c.max_age = s(1 << 31))),
            // The longest integer has 15 digits (RFC 9651 §3.3.1).
            (&["max-age=9999999999999999"], None),
            (&["Max-Age=60"], None),
            (&["max-age = 60"], None),
            (&["max-age=60,"], None),
            (&["max-age=60", ""], None),
            (&["max-age=60 no-store"], None),
            (&["foo=\"é\", max-age=60"], None),
            (
                &["x=:aGk=:, y=@1, stale-while-revalidate=3, must-revalidate"],
                control(|c| {
                    (c.stale_while_revalidate, c.must_revalidate) = (s(3), true);
                }),
            ),
        ];
        for (lines, expected) in rows {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(CDN_CACHE_CONTROL, http::HeaderValue::from_bytes(line.as_bytes()).unwrap());
            }
            assert_eq!(ResponseControl::targeted(&headers), expected, "{lines:?}");
        }
    }
}
