//! Random headers, half of them malformed: no parser panics, and all agree with the [`models`].

use std::{cell::Cell, fmt, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use proptest::{collection::vec, option, prelude::Strategy, prop_assert, prop_assert_eq, prop_oneof, sample::select};

use super::{RequestControl, ResponseControl, etag, models, reference, vary};
use crate::base::property::check;

const CASES: u32 = 4_000;

/// Bytes that can confuse a parser.
const NASTY: &[u8] = b"\"\"\\,,==  \t;*/-_.?0159aWw\x80\xff\xc3\xa9";

const WORDS: &[&str] = &[
    "no-store",
    "No-Cache",
    "private",
    "PUBLIC",
    "must-revalidate",
    "proxy-revalidate",
    "must-understand",
    "s-maxage",
    "max-age",
    "Max-Age",
    "stale-while-revalidate",
    "stale-if-error",
    "only-if-cached",
    "min-fresh",
    "max-stale",
    "accept",
    "Accept-Encoding",
    "x-other",
    "*",
    "=",
    "=",
    "=",
    ",",
    ", ",
    " ,\t",
    ",,",
    "0",
    "5",
    "60",
    "2147483649",
    "99999999999999999999999",
    "-1",
    "1.5",
    "\"60\"",
    "\"6\\0\"",
    "\"a, no-store\"",
    "\"\\\", private\"",
    "\"",
    "\"a\"",
    "W/\"a\"",
    "w/\"a\"",
    "\"a,b\"",
    "\"\\\\\"",
    "\"a\\\\, x\"",
];

/// The values of one header, printed as text.
#[derive(Clone)]
struct Lines(Vec<Vec<u8>>);

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.0.iter().map(|line| line.escape_ascii().to_string()).collect();
        f.write_str(&lines.join(" | "))
    }
}

impl Lines {
    fn headers(&self, name: &HeaderName) -> HeaderMap {
        let values = self.0.iter().map(|line| HeaderValue::from_bytes(line).unwrap());
        values.map(|value| (name.clone(), value)).collect()
    }
}

/// One to three lines: bytes, words, lists with odd elements, or well-formed lists.
fn lines() -> impl Strategy<Value = Lines> {
    let bytes = vec(select(NASTY), 0..12);
    let word = select(WORDS).prop_map(|word| word.as_bytes().to_vec());
    let words = vec(prop_oneof![select(NASTY).prop_map(|byte| vec![byte]), word], 0..12).prop_map(|all| all.concat());
    let argument = option::of(select(&WORDS[26..])).prop_map(|argument| argument.map(|text| ["=", text].concat()));
    let element = (select(&WORDS[..19]), argument, select(&WORDS[22..26]))
        .prop_map(|(name, argument, separator)| [name, &argument.unwrap_or_default(), separator].concat());
    let odd = vec(element, 0..6).prop_map(|elements| elements.concat().into_bytes());
    let argument = prop_oneof![3 => select(&[""][..]), 3 => select(&["=60", "=5", "=\"a, no-store\""][..])];
    let element = (select(&WORDS[..18]), argument).prop_map(|(name, argument)| name.to_lowercase() + argument);
    let sound = vec(element, 1..5).prop_map(|elements| elements.join(", ").into_bytes());
    prop_oneof![vec(bytes, 1..4), vec(words, 1..4), vec(odd, 1..4), vec(sound, 1..4)].prop_map(Lines)
}

/// Counts the cases with a header that has an effect.
#[derive(Default)]
struct Told(Cell<u32>);

impl Told {
    fn count(&self, told: bool) {
        self.0.set(self.0.get() + u32::from(told));
    }

    /// Otherwise the random headers test too little.
    fn is_more_than(&self, count: u32) {
        assert!(self.0.get() > count, "only {} cases have an effect", self.0.get());
    }
}

#[test]
fn cache_control() {
    let told = Told::default();
    check(CASES, &lines(), |lines| {
        let headers = lines.headers(&header::CACHE_CONTROL);
        let (response, request) = (ResponseControl::of(&headers), RequestControl::of(&headers));
        told.count(!response.broken && response != ResponseControl::default());
        prop_assert_eq!(response, models::response(&lines.0));
        prop_assert_eq!(request, models::request(&lines.0));
        Ok(())
    });
    told.is_more_than(CASES / 10);
}

#[test]
fn targeted_and_pragma() {
    let told = Told::default();
    check(CASES, &lines(), |lines| {
        let cdn = lines.headers(&HeaderName::from_static("cdn-cache-control"));
        if let Some(targeted) = ResponseControl::targeted(&cdn) {
            prop_assert!(!targeted.broken);
            if let Some(model) = models::targeted(&lines.0) {
                told.count(true);
                prop_assert_eq!(targeted, model);
            }
        }
        let pragma = RequestControl::of(&lines.headers(&header::PRAGMA));
        let model = RequestControl { no_cache: models::request(&lines.0).no_cache, ..RequestControl::default() };
        prop_assert_eq!(pragma, model);
        Ok(())
    });
    told.is_more_than(CASES / 40);
}

#[test]
fn vary_names_and_values() {
    let told = Told::default();
    check(CASES, &lines(), |lines| {
        let names = vary::names(&lines.headers(&header::VARY));
        let names = names.map(|names| names.iter().map(|name| name.as_str().to_owned()).collect::<Vec<_>>());
        told.count(names.as_ref().is_some_and(|names| names.len() > 1));
        prop_assert_eq!(names, models::vary(&lines.0));
        let value = vary::value(&lines.headers(&header::ACCEPT), &header::ACCEPT).unwrap();
        prop_assert_eq!(value.as_slice(), models::value(&lines.0));
        Ok(())
    });
    told.is_more_than(CASES / 100);
}

#[test]
fn if_none_match() {
    const TAGS: &[&str] = &["\"a\"", "\"a\"", "W/\"a\"", "\"a,b\"", "\"\"", "a", "\"a", "w/\"a\"", "\"a\"b\"", "*"];
    const PIECES: &[&str] = &[
        "\"a\"", "W/\"a\"", "\"a,b\"", "\"\"", "w/\"a\"", "W/ \"a\"", "\"b\"", "*", "a", "\"", ",", ", ", " , ", ",,",
        " ", "W/",
    ];
    let line = vec(select(PIECES), 0..7).prop_map(|pieces| pieces.concat().into_bytes());
    let lines = prop_oneof![vec(line, 0..4).prop_map(Lines), lines()];
    let told = [Told::default(), Told::default()];
    check(CASES, &(lines, option::of(select(TAGS))), |(lines, tag)| {
        let tag = tag.map(HeaderValue::from_static);
        let model = models::none_match(&lines.0, tag.as_ref().map(HeaderValue::as_bytes));
        let found = etag::none_match(&lines.headers(&header::IF_NONE_MATCH), tag.as_ref());
        if let Some(found) = found {
            told[usize::from(found)].count(true);
        }
        prop_assert_eq!(found, model);
        Ok(())
    });
    told.iter().for_each(|told| told.is_more_than(CASES / 400));
}

#[test]
fn dates_and_references_never_panic() {
    const PIECES: &[&str] =
        &["http:", "https:", "/", "//", "..", ".", "a", "h", ":", ":80", "@", "[::1]", "?", "#", "%2f", "é", "\\", "*"];
    let requests = select(&["/", "/a/b", "http://h/a/b", "https://h:443", "*", "h:80"][..]);
    let any = lines().prop_map(|lines| lines.0.concat());
    let made = vec(select(PIECES), 0..8).prop_map(|pieces| pieces.concat().into_bytes());
    let value = prop_oneof![any, made].prop_map(|bytes| HeaderValue::from_bytes(&bytes).unwrap());
    let now = (0..1_u64 << 40).prop_map(Duration::from_secs);
    check(2 * CASES, &(value, requests, now), |(value, request, now)| {
        super::date::parse(&value, now);
        let path = reference::same_host_path(&Uri::from_static(request), Some(&HeaderValue::from_static("h")), &value);
        prop_assert!(path.as_ref().is_none_or(|path| path.starts_with('/')), "{path:?}");
        Ok(())
    });
}
