//! Random input for everything that others control, against the properties of `tests/fuzz/targets.rs`.

use std::fmt;

use proptest::{
    collection::vec,
    prelude::{Strategy, any},
    prop_oneof,
    sample::select,
};

use crate::support::check;

#[path = "../fuzz/targets.rs"]
mod targets;

/// More cases find more; these take a few seconds. `FUZZ_CASES` sets another number.
const CASES: u32 = 1500;

/// Words of the grammars, and what confuses their parsers.
fn words(target: &str) -> &'static [&'static str] {
    match target {
        "cache_control" => &[
            "no-store",
            "NO-Store",
            "private",
            "public",
            "max-age",
            "s-maxage",
            "must-understand",
            "no-cache",
            "=",
            "=60",
            "=\"60\"",
            "=\"a, no-store\"",
            ",",
            ", ",
            "\"",
            "\\",
            "\n",
            ";",
            "\t",
            "x",
        ],
        "vary" => &["x-a", "X-A", "accept", "*", ",", ", ", "\n", "\t", "\"", "x a", "x-a;", "=", "\u{e9}", "x-ab"],
        "cache_key" => &[
            "a", "b", "?", "&", "=", "/", "%61", "%2F", "%2f", "%7E", "~", "%", "%6", "%zz", "..", ".", ";", "+",
            "%20", "\n", "a=1", "a=2", "&b=1", "%3D", "%26", "\u{e9}", "#",
        ],
        "request_id" => &["a", "Z9", ".", "..", "-", "_", "\n", " ", "/", "\u{e9}", "\"", "00-", "0123456789abcdef"],
        "client_address" => &[
            "10.0.0.0/8",
            "10.0.0.1",
            "2001:db8::/32",
            "unix",
            ", ",
            ",",
            "\n",
            "for=",
            "For=",
            "\"[2001:db8::1]:80\"",
            "192.0.2.7",
            ";",
            "by=",
            "proto=http",
            "\"",
            "\\",
            "unknown",
            "_hidden",
            "::ffff:10.0.0.1",
            "[",
            "]",
            ":80",
            "/33",
            "/0",
            "1.2.3.4/0",
        ],
        "pointer" => &[
            "~",
            "/",
            "~0",
            "~1",
            "a",
            "",
            "\n",
            "{",
            "}",
            "\"items\":",
            "{\"items\":{\"",
            "\":{\"",
            "\":300}}}",
            "\":[]}}}",
            "\":1}}}",
            "\u{e9}",
            "\\u002f",
            "\\",
            "[",
            "null",
            " ",
        ],
        "config" => &[
            "timeout",
            " = ",
            "'2s'",
            "2",
            "1h30m",
            "250ms",
            "64KiB",
            "off",
            "[cache]\n",
            "max_bytes",
            "[route.\"GET /a\"]\n",
            "cache_ttl",
            "\n",
            "\"",
            "'",
            "[",
            "]",
            ".",
            "ttl",
            "[app]\n",
            "[idempotency]\n",
            "1GiB",
            "00",
            "18446744073709551616",
            "-1",
            "0.5",
            "\u{7f}",
            "\u{e9}",
        ],
        _ => &[
            "\"",
            "a",
            "b",
            "\\\"",
            "\\\\",
            "\\",
            ";",
            "v=1",
            ",",
            " ",
            "\n",
            "\u{e9}",
            "8e03978e-40d5",
            "\"a\"",
            "?1",
            "1.5",
        ],
    }
}

/// The input of a target, printed as text.
struct Input(Vec<u8>);

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

/// Bytes, words of the grammar, and words with bytes in between.
fn inputs(target: &str) -> impl Strategy<Value = Input> {
    let bytes = || vec(any::<u8>(), 0..60);
    let word = || select(words(target)).prop_map(|word| word.as_bytes().to_vec());
    let all_words = vec(word(), 0..14).prop_map(|words| words.concat());
    let mixed = vec(prop_oneof![4 => word(), 1 => vec(any::<u8>(), 1..3)], 0..14).prop_map(|pieces| pieces.concat());
    prop_oneof![1 => bytes(), 3 => all_words, 2 => mixed].prop_map(Input)
}

#[tokio::test]
async fn every_property_holds_for_random_input() {
    let cases = std::env::var("FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    for (name, target) in targets::TARGETS {
        let began = std::cell::Cell::new(0_u32);
        check(cases, &inputs(name), |Input(input)| {
            began.set(began.get() + 1);
            target(&input);
            Ok(())
        });
        assert!(began.get() >= cases, "{name}");
    }
}
