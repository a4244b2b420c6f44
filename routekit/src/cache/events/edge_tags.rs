//! The spelling of tags for a CDN, which is the same in the headers of responses and in purge requests.
//!
//! 1. `Cache-Tag` separates them by commas, `Surrogate-Key` by spaces. Separators and characters that are not visible
//!    ASCII are percent-encoded, and so are `%` and `|`: a tag `summer sale` is `summer%20sale`.
//! 2. The partition, if there is one, precedes the tag: `acme|users`. An encoded name has no `|`, so no two tags have
//!    the same spelling.

use http::HeaderValue;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::cache::CdnTags;

const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b',').add(b'%').add(b'|');

/// One tag.
pub(in crate::cache) fn written(partition: &str, name: &str) -> String {
    let name = utf8_percent_encode(name, ENCODED);
    match partition {
        "" => name.to_string(),
        partition => format!("{}|{name}", utf8_percent_encode(partition, ENCODED)),
    }
}

/// The value of this header with all tags of a response.
pub(in crate::cache) fn header_value(kind: CdnTags, partition: &str, names: &[String]) -> HeaderValue {
    let separator = match kind {
        CdnTags::CacheTag => ",",
        CdnTags::SurrogateKey => " ",
    };
    let tags: Vec<String> = names.iter().map(|name| written(partition, name)).filter(|tag| !tag.is_empty()).collect();
    HeaderValue::try_from(tags.join(separator)).expect("what is percent-encoded is visible ASCII")
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;
    use proptest::{prop_assert, prop_assert_eq};

    use super::*;
    use crate::base::property::check;

    #[test]
    fn tags_in_headers() {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        for (name, partition, names, cache_tag, surrogate_key) in [
            ("plain ones", "", list(&["users", "user:7"]), "users,user:7", "users user:7"),
            ("a space", "", list(&["summer sale", "x"]), "summer%20sale,x", "summer%20sale x"),
            ("a comma", "", list(&["a,b", "c"]), "a%2Cb,c", "a%2Cb c"),
            ("a percent sign", "", list(&["5%20", "5 "]), "5%2520,5%20", "5%2520 5%20"),
            ("a line break", "", list(&["a\r\nx-evil: 1"]), "a%0D%0Ax-evil:%201", "a%0D%0Ax-evil:%201"),
            ("no ASCII", "", list(&["größe"]), "gr%C3%B6%C3%9Fe", "gr%C3%B6%C3%9Fe"),
            ("a slash stays", "", list(&["a/b"]), "a/b", "a/b"),
            ("a partition", "acme", list(&["users", "x y"]), "acme|users,acme|x%20y", "acme|users acme|x%20y"),
            ("what looks like one", "", list(&["acme|users"]), "acme%7Cusers", "acme%7Cusers"),
            ("a bar in one", "a|b", list(&["c"]), "a%7Cb|c", "a%7Cb|c"),
            ("an empty name", "", list(&["", "a"]), "a", "a"),
        ] {
            assert_eq!(header_value(CdnTags::CacheTag, partition, &names), cache_tag, "{name}");
            assert_eq!(header_value(CdnTags::SurrogateKey, partition, &names), surrogate_key, "{name}");
        }
    }

    /// Any two tags can be read back, and no part of them ends a tag.
    #[test]
    fn no_two_tags_are_written_the_same() {
        check(4_000, &("[a|%, /7C\nö]{0,3}", "[a|%, /7C\nö]{0,5}"), |(partition, name)| {
            let tag = written(&partition, &name);
            prop_assert!(tag.bytes().all(|byte| byte.is_ascii_graphic() && byte != b','), "{tag}");
            let (before, after) = tag.split_once('|').unwrap_or(("", &tag));
            let read = |text| percent_decode_str(text).decode_utf8().unwrap().into_owned();
            prop_assert_eq!((read(before), read(after)), (partition, name), "{}", tag);
            Ok(())
        });
    }
}
