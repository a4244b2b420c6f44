//! Random headers, half of them malformed: no parser panics, and all agree with the [`models`].

use fastrand::Rng;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{RequestControl, ResponseControl, etag, models, reference, vary};

const ROUNDS: usize = 100_000;

/// Bytes that can confuse a parser.
const NASTY: &[u8] = b"\"\"\\,,==  \t;*/-_.?0159aWw\x80\xff\xc3\xa9";

const WORDS: [&str; 44] = [
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

/// One to three lines: bytes, words, lists with odd elements, or well-formed lists.
fn lines(rng: &mut Rng) -> Vec<Vec<u8>> {
    let line: fn(&mut Rng) -> Vec<u8> = match rng.u8(..4) {
        0 => |rng| (0..rng.usize(..12)).map(|_| one(rng, NASTY)).collect(),
        1 => |rng| {
            let piece = |rng: &mut Rng| if rng.bool() { vec![one(rng, NASTY)] } else { one(rng, &WORDS).into() };
            (0..rng.usize(..12)).flat_map(|_| piece(rng)).collect()
        },
        2 => |rng| {
            let argument =
                |rng: &mut Rng| if rng.bool() { ["=", one(rng, &WORDS[26..])].concat() } else { String::new() };
            let element = |rng: &mut Rng| [one(rng, &WORDS[..19]), &argument(rng), one(rng, &WORDS[22..26])].concat();
            (0..rng.usize(..6)).map(|_| element(rng)).collect::<String>().into()
        },
        _ => |rng| {
            let argument = |rng: &mut Rng| one(rng, &["", "", "", "=60", "=5", "=\"a, no-store\""]);
            let element = |rng: &mut Rng| [one(rng, &WORDS[..18]).to_lowercase(), argument(rng).to_owned()].concat();
            (0..rng.usize(1..5)).map(|_| element(rng)).collect::<Vec<_>>().join(", ").into()
        },
    };
    (0..rng.usize(1..4)).map(|_| line(rng)).collect()
}

fn one<T: Copy>(rng: &mut Rng, of: &[T]) -> T {
    of[rng.usize(..of.len())]
}

fn headers(name: &HeaderName, lines: &[Vec<u8>]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(name, HeaderValue::from_bytes(line).unwrap());
    }
    headers
}

fn shown(lines: &[Vec<u8>]) -> String {
    lines.iter().map(|line| line.escape_ascii().to_string()).collect::<Vec<_>>().join(" | ")
}

#[test]
fn cache_control() {
    let mut rng = Rng::with_seed(9111);
    let mut told = 0;
    for _ in 0..ROUNDS {
        let lines = lines(&mut rng);
        let headers = headers(&header::CACHE_CONTROL, &lines);
        let (response, request) = (ResponseControl::of(&headers), RequestControl::of(&headers));
        assert_eq!(response, models::response(&lines), "{}", shown(&lines));
        assert_eq!(request, models::request(&lines), "{}", shown(&lines));
        told += usize::from(!response.broken && response != ResponseControl::default());
    }
    // Otherwise the random headers test too little.
    assert!(told > ROUNDS / 5, "{told}");
}

#[test]
fn targeted_and_pragma() {
    let mut rng = Rng::with_seed(9213);
    let mut told = 0;
    for _ in 0..ROUNDS {
        let lines = lines(&mut rng);
        let cdn = headers(&HeaderName::from_static("cdn-cache-control"), &lines);
        if let Some(targeted) = ResponseControl::targeted(&cdn) {
            assert!(!targeted.broken, "{}", shown(&lines));
            if let Some(model) = models::targeted(&lines) {
                told += 1;
                assert_eq!(targeted, model, "{}", shown(&lines));
            }
        }
        let pragma = RequestControl::of(&headers(&header::PRAGMA, &lines));
        let model = RequestControl { no_cache: models::request(&lines).no_cache, ..RequestControl::default() };
        assert_eq!(pragma, model, "{}", shown(&lines));
    }
    assert!(told > ROUNDS / 20, "{told}");
}

#[test]
fn vary_names_and_values() {
    let mut rng = Rng::with_seed(9110);
    let mut told = 0;
    for _ in 0..ROUNDS {
        let lines = lines(&mut rng);
        let names = vary::names(&headers(&header::VARY, &lines));
        let names = names.map(|names| names.iter().map(|name| name.as_str().to_owned()).collect::<Vec<_>>());
        assert_eq!(names, models::vary(&lines), "{}", shown(&lines));
        told += usize::from(names.is_some_and(|names| names.len() > 1));
        let headers = headers(&header::ACCEPT, &lines);
        let value = vary::value(&headers, &header::ACCEPT).unwrap();
        assert_eq!(value, models::value(&lines), "{}", shown(&lines));
    }
    assert!(told > ROUNDS / 50, "{told}");
}

#[test]
fn if_none_match() {
    let mut rng = Rng::with_seed(304);
    let tags = ["\"a\"", "\"a\"", "W/\"a\"", "\"a,b\"", "\"\"", "a", "\"a", "w/\"a\"", "\"a\"b\"", "*"];
    let pieces = [
        "\"a\"", "W/\"a\"", "\"a,b\"", "\"\"", "w/\"a\"", "W/ \"a\"", "\"b\"", "*", "a", "\"", ",", ", ", " , ", ",,",
        " ", "W/",
    ];
    let mut told = [0; 2];
    for round in 0..ROUNDS {
        let lines: Vec<Vec<u8>> = if round % 2 == 0 {
            let line =
                |rng: &mut Rng| (0..rng.usize(..7)).flat_map(|_| pieces[rng.usize(..pieces.len())].bytes()).collect();
            (0..rng.usize(..4)).map(|_| line(&mut rng)).collect()
        } else {
            lines(&mut rng)
        };
        let tag = rng.bool().then(|| HeaderValue::from_static(tags[rng.usize(..tags.len())]));
        let headers = headers(&header::IF_NONE_MATCH, &lines);
        let model = models::none_match(&lines, tag.as_ref().map(HeaderValue::as_bytes));
        let found = etag::none_match(&headers, tag.as_ref());
        assert_eq!(found, model, "{tag:?} in {}", shown(&lines));
        if let Some(found) = found {
            told[usize::from(found)] += 1;
        }
    }
    assert!(told.iter().all(|told| *told > ROUNDS / 100), "{told:?}");
}

#[test]
fn dates_and_references_never_panic() {
    let mut rng = Rng::with_seed(3986);
    let pieces =
        ["http:", "https:", "/", "//", "..", ".", "a", "h", ":", ":80", "@", "[::1]", "?", "#", "%2f", "é", "\\", "*"];
    let requests = ["/", "/a/b", "http://h/a/b", "https://h:443", "*", "h:80"].map(|uri| uri.parse().unwrap());
    for _ in 0..ROUNDS {
        let any = lines(&mut rng).concat();
        let made: Vec<u8> = (0..rng.usize(..8)).flat_map(|_| pieces[rng.usize(..pieces.len())].bytes()).collect();
        for value in [&any, &made].map(|value| HeaderValue::from_bytes(value).unwrap()) {
            super::date::parse(&value, std::time::Duration::from_secs(rng.u64(..1 << 40)));
            let host = HeaderValue::from_static("h");
            let request = &requests[rng.usize(..requests.len())];
            let path = reference::same_host_path(request, Some(&host), &value);
            assert!(path.is_none_or(|path| path.starts_with('/')), "{request} {value:?}");
        }
    }
}
