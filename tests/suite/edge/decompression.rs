//! Decompression of request bodies, and its limits.

use std::{
    io::Write,
    sync::atomic::{AtomicU64, Ordering},
};

use axum::{body::Body, extract::Request, response::Response};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use futures_util::stream;
use http::HeaderMap;
use http_body_util::BodyExt;
use routekit::{prelude::*, test::TestApp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::config;
use crate::{
    support::{output_of, test_as_program},
    wire,
};

const LIMIT: usize = 1 << 20;
const MIB: usize = 1 << 20;

#[derive(Deserialize, Serialize, Validate)]
struct Note {
    text: String,
}

#[post("/decompression/json", body_limit = "1MiB")]
async fn parsed(body: Json<Note>) -> Json<Note> {
    body
}

#[post("/decompression/bytes", body_limit = "1MiB")]
async fn length(headers: HeaderMap, body: Bytes) -> String {
    let kept = ["content-encoding", "content-length"].map(|name| headers.contains_key(name));
    format!("{} {kept:?}", body.len())
}

fn plain() -> App {
    App::with_routes(routes![parsed, length])
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Brotli that is not compressed, after the bits that name its window.
fn stored_brotli((window, length): (u64, u32), bytes: &[u8]) -> Vec<u8> {
    let is_uncompressed = 1 << (length + 19);
    let bits = window | (bytes.len() as u64 - 1) << (length + 3) | is_uncompressed;
    let head = bits.to_le_bytes();
    [&head[..(length as usize + 20).div_ceil(8)], bytes, &[3]].concat()
}

/// 64 KiB.
const SMALL_WINDOW: (u64, u32) = (0, 1);

/// 4 MiB, the largest that is accepted.
const FULL_WINDOW: (u64, u32) = (0b1011, 4);

/// The bits of the "large window" extension, and the logarithm of the window.
fn extended_window(log: u64) -> (u64, u32) {
    (0b001_0001 | log << 8, 14)
}

/// A body of these frames.
fn frames<T: AsRef<[u8]>>(frames: impl IntoIterator<Item = T>) -> Body {
    let frames: Vec<_> = frames.into_iter().map(|frame| Bytes::copy_from_slice(frame.as_ref())).collect();
    Body::from_stream(stream::iter(frames.into_iter().map(Ok::<_, std::io::Error>)))
}

/// Zeros that take a thousandth of their length.
fn bomb(mebibytes: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![0; MIB];
    (0..mebibytes).for_each(|_| encoder.write_all(&zeros).unwrap());
    encoder.finish().unwrap()
}

async fn post(app: &TestApp, path: &str, encoding: &[&str], body: impl Into<Body>) -> (Response, String) {
    let request =
        encoding.iter().fold(Request::post(path).header("content-type", "application/json"), |request, one| {
            request.header("content-encoding", *one)
        });
    let (parts, body) = app.call(request.body(body.into()).unwrap()).await.into_parts();
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    (Response::from_parts(parts, Body::empty()), text)
}

#[tokio::test]
async fn body_is_decompressed_for_the_handler() {
    let app = TestApp::new(plain());
    let text = json!({ "text": "x".repeat(1000) }).to_string();
    for (encoding, body) in [
        ("gzip", gzip(text.as_bytes())),
        ("GZIP", gzip(text.as_bytes())),
        ("x-gzip", gzip(text.as_bytes())),
        ("deflate", zlib(text.as_bytes())),
        ("identity", text.clone().into_bytes()),
    ] {
        let (response, seen) = post(&app, "/decompression/json", &[encoding], body.clone()).await;
        assert_eq!((response.status().as_u16(), &seen), (200, &text), "{encoding}");
        let (_, seen) = post(&app, "/decompression/bytes", &[encoding], body).await;
        let kept = if encoding == "identity" { "[true, false]" } else { "[false, false]" };
        assert_eq!(seen, format!("{} {kept}", text.len()), "{encoding}");
    }
}

#[tokio::test]
async fn encoding_that_is_not_understood_is_415_with_those_that_are() {
    let app = TestApp::new(plain());
    let body = gzip(b"{}");
    for encoding in [
        &["zstd"][..],
        &["compress"],
        &["gzip, gzip"],
        &["gzip,br"],
        &["gzip", "gzip"],
        &["identity", "gzip"],
        &[""],
        &[","],
        &["gz ip"],
        &["gzip;q=1"],
    ] {
        let (response, problem) = post(&app, "/decompression/json", encoding, body.clone()).await;
        assert_eq!(response.status(), 415, "{encoding:?}: {problem}");
        assert_eq!(response.headers()["accept-encoding"], "gzip, deflate, br");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    }
    let mut request = Request::post("/decompression/json").body(Body::from(body)).unwrap();
    request.headers_mut().insert("content-encoding", http::HeaderValue::from_bytes(b"\xff").unwrap());
    assert_eq!(app.call(request).await.status(), 415);
}

#[tokio::test]
async fn refusal_of_an_encoding_is_explained() {
    let app = TestApp::new(plain().configure(|config| config.set_explain_requests(5)));
    post(&app, "/decompression/json", &["zstd"], "{}").await;
    let explained = app.admin().get("/requests").send().await;
    assert!(explained.text().contains("decompression"), "{}", explained.text());
    let counted = r#"routekit_policy_answers_total{policy="decompression"} 1"#;
    assert!(app.metrics().contains(counted), "{}", app.metrics());
}

#[tokio::test]
async fn body_that_grows_over_its_limit_is_explained_as_refused_by_decompression() {
    let app = TestApp::new(plain().configure(|config| config.set_explain_requests(5)));
    let whole = vec![b' '; LIMIT + 1];
    for path in ["/decompression/bytes", "/decompression/json"] {
        for (encoding, body, policy) in [
            (&["gzip"][..], Body::from(gzip(&whole)), "decompression"),
            (&[], frames([&whole[..LIMIT], &whole[LIMIT..]]), "body_limit"),
        ] {
            let (response, _) = post(&app, path, encoding, body).await;
            assert_eq!(response.status(), 413, "{path} with {encoding:?}");
            let id = response.headers()["x-correlation-id"].to_str().unwrap();
            let explained: Value = app.admin().get(&format!("/requests/{id}")).send().await.json();
            assert_eq!(explained["requests"][0]["answeredBy"], policy, "{path}: {explained}");
        }
    }
}

#[tokio::test]
async fn body_that_is_not_in_its_format_is_400() {
    let app = TestApp::new(plain());
    let whole = gzip(&[b'1'; 2000]);
    // Brotli with a window of 16 MiB, which even its first byte would need.
    let large_window = vec![0b1100_1111, 0, 0, 0, 0];
    for (encoding, body) in [
        ("gzip", b"not gzip".to_vec()),
        ("gzip", whole[..whole.len() - 9].to_vec()),
        ("br", b"not Brotli".to_vec()),
        ("br", large_window),
    ] {
        let (response, problem) = post(&app, "/decompression/json", &[encoding], body).await;
        assert_eq!(response.status(), 400, "{problem}");
    }
    let note = br#"{"text":"hello"}"#;
    // 8 and 16 MiB, and the extension: even with a small window, and with the bit that must be 0.
    let large =
        [(0b1101, 4), (0b1111, 4), (0b1001_0001, 14)].into_iter().chain([10, 16, 22, 24, 30].map(extended_window));
    for window in large {
        let body = stored_brotli(window, note);
        let pieces = frames(body.chunks(1));
        let after_empty = frames([&[][..], &[], &body[..1], &[], &body[1..]]);
        for body in [Body::from(body), pieces, after_empty] {
            let (response, problem) = post(&app, "/decompression/json", &["br"], body).await;
            assert_eq!(response.status(), 400, "{window:?}: {problem}");
        }
    }
    for window in [SMALL_WINDOW, FULL_WINDOW] {
        let (response, problem) = post(&app, "/decompression/json", &["br"], stored_brotli(window, note)).await;
        assert_eq!(response.status(), 200, "{window:?}: {problem}");
    }
}

/// However the bytes are split into frames.
#[tokio::test]
async fn body_with_bytes_after_its_end_is_400() {
    let app = TestApp::new(plain());
    // Decoders give out their output in several parts. Of the long text, the input is taken before the output is given.
    let long = json!({ "text": "x".repeat(100_000) }).to_string();
    for text in [r#"{"text":"hello"}"#, &long] {
        let text = text.as_bytes();
        let good = [("gzip", gzip(text)), ("deflate", zlib(text))];
        // One block has at most 64 KiB.
        let brotli = (text.len() < 1000).then(|| ("br", stored_brotli(FULL_WINDOW, text)));
        for (encoding, good) in good.into_iter().chain(brotli) {
            for whole in [frames([&good]), frames(good.chunks(1)), frames([&[][..], &good, &[]])] {
                let (response, seen) = post(&app, "/decompression/json", &[encoding], whole).await;
                assert_eq!((response.status().as_u16(), seen.as_bytes()), (200, text), "{encoding}");
            }
            for surplus in [&b"x"[..], &[0], b"garbage", &good, &gzip(b"")] {
                let body = [&good[..], surplus].concat();
                let last = body.len() - 1;
                for (split, body) in [
                    ("one frame", frames([&body])),
                    ("bytes", frames(body.chunks(1))),
                    ("the surplus", frames([&good, surplus])),
                    ("after an empty frame", frames([&good, &[][..], surplus])),
                    ("the last byte", frames([&body[..last], &body[last..]])),
                    ("threes", frames(body.chunks(3))),
                ] {
                    let (response, seen) = post(&app, "/decompression/json", &[encoding], body).await;
                    assert_eq!(response.status(), 400, "{encoding}, {split}, {surplus:?}: {seen}");
                }
            }
        }
    }
}

#[tokio::test]
async fn body_with_bytes_after_its_end_is_400_on_a_socket() {
    let app = wire::run(plain()).await;
    let note = gzip(br#"{"text":"hello"}"#);
    for (body, status) in [(note.clone(), 200), ([&note[..], &note].concat(), 400), ([&note[..], b"x"].concat(), 400)] {
        let request = Request::post("/decompression/json")
            .header("host", "localhost")
            .header("content-type", "application/json")
            .header("content-encoding", "gzip");
        let (parts, seen) = app.http1(request.body(body.into()).unwrap()).await;
        assert_eq!(parts.status, status, "{seen}");
    }
}

#[tokio::test]
async fn limit_counts_decompressed_bytes() {
    let app = TestApp::new(plain());
    let (_, seen) = post(&app, "/decompression/bytes", &["gzip"], gzip(&vec![0; LIMIT])).await;
    assert_eq!(seen, format!("{LIMIT} [false, false]"));
    for path in ["/decompression/bytes", "/decompression/json"] {
        let (response, problem) = post(&app, path, &["gzip"], gzip(&vec![b' '; LIMIT + 1])).await;
        assert_eq!(response.status(), 413, "{problem}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }
    assert!(app.metrics().contains(r#"http_route="/decompression/bytes",policy="body_limit"} 1"#));
}

/// 10 GiB. The app reads what its limit allows.
#[tokio::test]
async fn endless_body_is_cut_at_the_limit() {
    static SENT: AtomicU64 = AtomicU64::new(0);
    let app = TestApp::new(plain());
    let zeros = Bytes::from(vec![0; 64 * 1024]);
    let chunks = stream::iter((0..160 * 1024).map(move |_| {
        SENT.fetch_add(zeros.len() as u64, Ordering::Relaxed);
        Ok::<_, std::io::Error>(zeros.clone())
    }));
    let (response, _) = post(&app, "/decompression/bytes", &[], Body::from_stream(chunks)).await;
    assert_eq!(response.status(), 413);
    assert!(SENT.load(Ordering::Relaxed) <= LIMIT as u64 + 128 * 1024, "{SENT:?}");
}

/// Blocks of gzip that are empty give out nothing, so that no limit of the content would ever be reached.
#[tokio::test]
async fn body_without_content_is_given_up() {
    static SENT: AtomicU64 = AtomicU64::new(0);
    let app = TestApp::new(plain());
    let head = Bytes::from_static(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
    let empty_block = Bytes::from([0, 0, 0, 0xff, 0xff].repeat(1000));
    let blocks = stream::iter((0..1_000_000).map(move |_| {
        SENT.fetch_add(empty_block.len() as u64, Ordering::Relaxed);
        empty_block.clone()
    }));
    let chunks = futures_util::StreamExt::chain(stream::iter([head]), blocks);
    let chunks = futures_util::StreamExt::map(chunks, Ok::<_, std::io::Error>);
    let (response, problem) = post(&app, "/decompression/bytes", &["gzip"], Body::from_stream(chunks)).await;
    assert_eq!(response.status(), 400, "{problem}");
    assert!(SENT.load(Ordering::Relaxed) < MIB as u64, "{SENT:?}");
}

#[tokio::test]
async fn body_is_passed_on_as_it_is_if_decompression_is_off() {
    let app = TestApp::new(plain().config(config("[decompression]\nenabled = 'off'")));
    let body = gzip(b"{}");
    let (_, seen) = post(&app, "/decompression/bytes", &["gzip"], body.clone()).await;
    assert_eq!(seen, format!("{} [true, false]", body.len()));
    let encoded = gzip(br#"{"text":"hello"}"#);
    for encodings in [&["gzip"][..], &["identity", "gzip"], &[""]] {
        let (response, problem) = post(&app, "/decompression/json", encodings, encoded.clone()).await;
        assert_eq!(response.status(), 415, "{problem}");
    }
    let (response, _) = post(&app, "/decompression/json", &["identity"], br#"{"text":"hello"}"#.to_vec()).await;
    assert_eq!(response.status(), 200);
}

const CHILD: &str = "ROUTEKIT_TEST_DECOMPRESSION";

/// 512 MiB of zeros in Brotli, with a window of 4 MiB, in base64.
const BROTLI_BOMB: &str = "\
    y///PwAkAOKxQHLv//j//weABEAcFoDu/R////8AkACIwwLQvf/j//8fABIAcVgAuvd//P//A0ACIA4LQPf+j///fwBIAMRhAeje\
    //H//w8ACYA4LADd+z/+//8BIAEQhwWge//H//8/ACQA4rAAdO//+P//B4AEQBwWgO79H////wCQAIjDAtC9/+P//x8AEgBxWAC6\
    93/8//8DQAIgDgtA9/6P//9/AEgAxGEB6N7/8f//DwAJgDgsAN37P/7//wEgARCHBaB7/8f//z8AJADisAB07//4//8HgARAHBaA\
    7v0f////AJAAiMMC0L3/4///HwASAHFYALr3f/z//wNAAiAOC0D3/o///38ASADEYQHo3v/x//8PAAmAOCwA3fs//v//ASABEIcF\
    oHv/x///PwAkAOKwAHTv//j//weABEAcFoDu/R////8AkACIwwLQvf/j//8fABIAcVgAuvd//P//A0ACIA4LQPf+j///fwBIAMRh\
    Aeje//H//w8ACYA4LADd+z/+//8BIAEQhwWge//H//8/ACQA4rAAdO//+P//B4AEQBwWgO79H////wCQAIjDAtC9/+P//x8AEgBx\
    WAC693/8//8DQAIgDgtA9/6P//9/AEgAxGEB6N7/8f//DwAJgDgsAN37P/7//wEgARCHBaB7/8f//z8AJADisAB07//4//8HgARA\
    HBaA7v0f////AJAAiMMC0L3/4///HwASAHFYALr3f/z//wNAAiAOC0D3/o///38ASADEYQHo3v/x//8PAAmAOCwA3fs//v//ASAB\
    EIcFoHv/x///PwAkAOKwAHTv//j//weABEAcFoDu/R////8AkACIwwLQvf/j//8fABIAcVgAuvd//P//A0ACIA4LQPf+j///fwBI\
    AMRhAeje//H//w8ACYA4LADd+z/+//8BIAEQhwWge//H//8/ACQA4rAAdO//+P//B4AEQBwWgO79H////wCQAIjDAtC9/+P//x8A\
    EgBxWAC693/8//8DQAIgDgtA9/6P//9/AEgAxGEB6N7/8f//DwAJgDgsAN37v/z//wMgARCHBaB7/wc=\
    ";

/// 512 MiB in half a megabyte of gzip, and in 809 bytes of Brotli. The process is one of its own, so that its peak is
/// that of the requests.
#[test]
fn bomb_is_413_and_costs_no_more_memory_than_the_limit() {
    let output = output_of(test_as_program("edge::decompression::program").env(CHILD, ""));
    let peak = output.lines().find_map(|line| line.strip_prefix("PEAK ")).expect("it prints its peak");
    let peak: usize = peak.parse().unwrap();
    assert!(peak <= LIMIT + 8 * MIB, "{peak} bytes more than before the request");
}

/// Only a program of [`bomb_is_413_and_costs_no_more_memory_than_the_limit`].
#[tokio::test]
async fn program() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let app = TestApp::new(plain());
    let bomb = bomb(512);
    post(&app, "/decompression/bytes", &["gzip"], gzip(&[0; 1000])).await;
    let before = peak();
    let brotli = STANDARD.decode(BROTLI_BOMB).unwrap();
    assert!(brotli.len() < 16 * 1024);
    for path in ["/decompression/bytes", "/decompression/json"] {
        for (encoding, body) in [("gzip", bomb.clone()), ("br", brotli.clone())] {
            let (response, problem) = post(&app, path, &[encoding], body).await;
            assert_eq!(response.status(), 413, "{encoding}: {problem}");
        }
        // Without a check, the first byte of content costs a window of 1 GiB.
        let large_window = stored_brotli(extended_window(30), &[b' '; 1000]);
        let (response, problem) = post(&app, path, &["br"], large_window).await;
        assert_eq!(response.status(), 400, "{problem}");
    }
    println!("PEAK {}", peak() - before);
}

/// The most memory that this process has had, in bytes.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}
