//! Attributes of random tokens: the parser never panics, and what it expands to can be parsed.

use proc_macro2::TokenStream;
use proptest::{
    collection::vec,
    prelude::Strategy,
    prop_oneof,
    sample::select,
    strategy::Just,
    test_runner::{Config, TestCaseError, TestRunner},
};
use quote::ToTokens;

use crate::{method::Method, route};

/// Options, their arguments, and what can stand in their places.
const WORDS: &[&str] = &[
    "\"/users/{id}\"",
    "\"/users\"",
    "\"users\"",
    "\"/{*rest}\"",
    "\"\"",
    "\"/{\"",
    "timeout",
    "body_limit",
    "slow",
    "alert",
    "slo",
    "availability",
    "latency",
    "auth",
    "public",
    "cache",
    "invalidates",
    "idempotent",
    "breaker",
    "concurrency",
    "deprecated",
    "rate_limit",
    "layer",
    "state",
    "discover",
    "tags",
    "summary",
    "operation_id",
    "version",
    "ttl",
    "required",
    "max_body",
    "compress_stored",
    "per",
    "shared",
    "vary",
    "partition",
    "key",
    "pattern",
    "user",
    "error_rate",
    "p99",
    "failure_rate",
    "window",
    "open_for",
    "fallback",
    "since",
    "sunset",
    "scope",
    "role",
    "any",
    "optional",
    "burst",
    "name",
    "mode",
    "=",
    "=",
    "=",
    ",",
    ",",
    ",",
    ",",
    "\"24h\"",
    "\"2s\"",
    "\"64KiB\"",
    "\"10/s\"",
    "\"2026-01-31\"",
    "\"2026-02-30\"",
    "\"user\"",
    "\"user:{id}\"",
    "\"user:{no}\"",
    "300",
    "0",
    "-1",
    "0.5",
    "1.5",
    "18446744073709551616",
    "true",
    "false",
    "my::path",
    "<",
    ">",
    "::",
    "|",
    "#",
    "!",
    "'a'",
    "b\"x\"",
    "r#\"x\"#",
    "\"\u{e9}\"",
    "\"\\u{0}\"",
    "_",
    "r#type",
    "{}",
    "[]",
];

const HANDLERS: &[&str] = &[
    "async fn h() {}",
    "async fn h(id: u32, body: Json<T>) -> Result<Json<T>> { x }",
    "async fn h(Path(id): Path<u32>) -> impl IntoResponse {}",
    "async fn h(self, id: &str, #[cfg(x)] b: Bytes) -> Sse<S> {}",
    "fn h<T>(x: T) where T: X {}",
    "#[post(\"/other\", idempotent)] pub async fn r#type(_: Request) -> Body { body }",
    "struct S;",
    "",
];

/// Words, and groups of words in parentheses.
fn arguments() -> impl Strategy<Value = String> {
    let word = select(WORDS).prop_map(str::to_owned);
    let list = vec(select(WORDS), 0..8).prop_map(|words| format!("({})", words.join(" ")));
    let option = (select(WORDS), list.clone()).prop_map(|(name, list)| format!("{name}{list}"));
    let pieces = vec(prop_oneof![5 => word, 1 => list, 3 => option, 3 => Just(",".to_owned())], 0..14);
    pieces.prop_map(|pieces| pieces.join(" "))
}

/// Expands an attribute; tokens that no attribute can have are left out.
fn expand(arguments: &str, handler: &str) -> Result<(), TestCaseError> {
    let (Ok(arguments), Ok(handler)) = (arguments.parse::<TokenStream>(), handler.parse::<TokenStream>()) else {
        return Ok(());
    };
    let is_item = syn::parse2::<syn::Item>(handler.clone()).is_ok();
    for method in [None, Some(Method::Get), Some(Method::Post)] {
        let expanded = route::expand(method, arguments.clone(), handler.clone());
        // Half-typed code stays as it is.
        if is_item && let Err(error) = syn::parse2::<syn::File>(expanded.clone()) {
            let text = expanded.to_token_stream();
            return Err(TestCaseError::fail(format!("{error} in {text}")));
        }
    }
    Ok(())
}

#[test]
fn attribute_of_any_tokens_expands_to_items() {
    let cases = std::env::var("FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1500);
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let words = (arguments(), select(HANDLERS));
    runner.run(&words, |(arguments, handler)| expand(&arguments, handler)).unwrap();
    // Any text that can be tokens.
    let text = ("\\PC{0,60}", select(HANDLERS));
    runner.run(&text, |(arguments, handler)| expand(&arguments, handler)).unwrap();
}
