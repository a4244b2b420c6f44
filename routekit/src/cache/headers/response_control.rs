//! The directives of a response: `Cache-Control` (RFC 9111 §5.2.2, RFC 5861).

use std::time::Duration;

use http::{HeaderMap, header};

use super::directives::{self, DirectiveArgument};

/// The directives of a response that a shared cache acts on.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(in crate::cache) struct ResponseControl {
    pub(in crate::cache) no_store: bool,
    /// Also set if the directive names fields, like `private`: a cache may apply it to the whole response (RFC 9111
    /// §5.2.2.4, §5.2.2.7).
    pub(in crate::cache) no_cache: bool,
    pub(in crate::cache) private: bool,
    pub(in crate::cache) public: bool,
    pub(in crate::cache) must_revalidate: bool,
    pub(in crate::cache) proxy_revalidate: bool,
    pub(in crate::cache) must_understand: bool,
    pub(in crate::cache) s_maxage: Option<Duration>,
    pub(in crate::cache) max_age: Option<Duration>,
    pub(in crate::cache) stale_while_revalidate: Option<Duration>,
    pub(in crate::cache) stale_if_error: Option<Duration>,
    /// Whether some quotes are malformed, which may hide any directive.
    pub(in crate::cache) broken: bool,
}

impl ResponseControl {
    /// Parses all lines and ignores unknown directives. If a directive is repeated, the shorter time counts. An
    /// argument that is not a number of seconds counts as 0.
    pub(in crate::cache) fn of(headers: &HeaderMap) -> Self {
        let mut control = Self::default();
        for line in headers.get_all(header::CACHE_CONTROL) {
            let sound = directives::read(line.as_bytes(), |name, argument| control.add(name, argument));
            control.broken |= !sound;
        }
        control
    }

    fn add(&mut self, name: &[u8], argument: Option<DirectiveArgument<'_>>) {
        match self.field(name) {
            Some(Field::Flag(flag) | Field::Named(flag)) => *flag = true,
            Some(Field::Duration(duration)) => {
                directives::shorten(duration, argument.and_then(DirectiveArgument::seconds).unwrap_or_default());
            }
            None => {}
        }
    }

    /// The field that a directive sets; `None` for an unknown directive.
    pub(super) fn field(&mut self, name: &[u8]) -> Option<Field<'_>> {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        Some(match () {
            () if is("no-store") => Field::Flag(&mut self.no_store),
            () if is("no-cache") => Field::Named(&mut self.no_cache),
            () if is("private") => Field::Named(&mut self.private),
            () if is("public") => Field::Flag(&mut self.public),
            () if is("must-revalidate") => Field::Flag(&mut self.must_revalidate),
            () if is("proxy-revalidate") => Field::Flag(&mut self.proxy_revalidate),
            () if is("must-understand") => Field::Flag(&mut self.must_understand),
            () if is("s-maxage") => Field::Duration(&mut self.s_maxage),
            () if is("max-age") => Field::Duration(&mut self.max_age),
            () if is("stale-while-revalidate") => Field::Duration(&mut self.stale_while_revalidate),
            () if is("stale-if-error") => Field::Duration(&mut self.stale_if_error),
            () => return None,
        })
    }
}

/// The field that a directive sets.
pub(super) enum Field<'a> {
    Flag(&'a mut bool),
    /// The directive may name header fields.
    Named(&'a mut bool),
    Duration(&'a mut Option<Duration>),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control(change: impl FnOnce(&mut ResponseControl)) -> ResponseControl {
        let mut control = ResponseControl::default();
        change(&mut control);
        control
    }

    #[test]
    fn the_shorter_time_of_a_directive_counts() {
        let s = |seconds| Some(Duration::from_secs(seconds));
        let rows: [(&[&str], ResponseControl); 34] = [
            (&[], control(|_| {})),
            (&[""], control(|_| {})),
            (&["public"], control(|c| c.public = true)),
            (&["no-store"], control(|c| c.no_store = true)),
            (&["public , PRIVATE"], control(|c| (c.public, c.private) = (true, true))),
            (&["private=\"set-cookie, x\""], control(|c| c.private = true)),
            (&["no-cache=\"x\""], control(|c| c.no_cache = true)),
            (&["no-cache=x"], control(|c| c.no_cache = true)),
            (
                &["must-revalidate", "proxy-revalidate"],
                control(|c| (c.must_revalidate, c.proxy_revalidate) = (true, true)),
            ),
            (&["must-understand,no-store"], control(|c| (c.must_understand, c.no_store) = (true, true))),
            (&[",, ,\tno-store ,,"], control(|c| c.no_store = true)),
            (&["x=\"no-store\""], control(|_| {})),
            (&["x=\"a\\\", no-store\""], control(|_| {})),
            (&["x=\"a\\\", max-age=60"], control(|c| c.broken = true)),
            (&["x=\"a\\\\\", no-store"], control(|c| c.no_store = true)),
            (&["x=\"a", "no-store"], control(|c| (c.broken, c.no_store) = (true, true))),
            (&["x\"a, no-store, b\"y"], control(|c| c.broken = true)),
            (&["x=y\"a, no-store\""], control(|c| c.broken = true)),
            (&["x=\"a\"b"], control(|c| c.broken = true)),
            (&["no-storey, xno-store, no store, no-store;x"], control(|_| {})),
            (&["max-age=60"], control(|c| c.max_age = s(60))),
            (&["max-age=60, s-maxage=5"], control(|c| (c.max_age, c.s_maxage) = (s(60), s(5)))),
            (&["s-maxage=5", "max-age=2"], control(|c| (c.max_age, c.s_maxage) = (s(2), s(5)))),
            (&["max-age=60, max-age=7", "max-age=8"], control(|c| c.max_age = s(7))),
            (&["MAX-age = \t60"], control(|c| c.max_age = s(60))),
            (&["max-age=\"60\", s-maxage=\"6\\0\""], control(|c| (c.max_age, c.s_maxage) = (s(60), s(60)))),
            (&["max-age=-1"], control(|c| c.max_age = s(0))),
            (&["max-age=+1, s-maxage=1.5"], control(|c| (c.max_age, c.s_maxage) = (s(0), s(0)))),
            (&["max-age=60, max-age=1s"], control(|c| c.max_age = s(0))),
            (&["max-age"], control(|c| c.max_age = s(0))),
            (&["max-age=, s-maxage=\"\""], control(|c| (c.max_age, c.s_maxage) = (s(0), s(0)))),
            (
                &["max-age=2147483648, s-maxage=2147483649"],
                control(|c| (c.max_age, c.s_maxage) = (s(1 << 31), s(1 << 31))),
            ),
            (&["max-age=99999999999999999999999"], control(|c| c.max_age = s(1 << 31))),
            (
                &["stale-while-revalidate=3, Stale-If-Error=4"],
                control(|c| (c.stale_while_revalidate, c.stale_if_error) = (s(3), s(4))),
            ),
        ];
        for (lines, expected) in rows {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::CACHE_CONTROL, line.parse().unwrap());
            }
            assert_eq!(ResponseControl::of(&headers), expected, "{lines:?}");
        }
    }
}
