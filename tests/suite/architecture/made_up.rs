//! The checks fail when they should, shown on small crates.

use std::collections::BTreeSet;

use super::{KNOWN_CYCLES, against_the_storeys, assert_cycles, outside::reaching, source::Sources, upwards};

/// Groups as `folder: a b`.
fn cycles(files: &[(&str, &str)]) -> Vec<String> {
    let graph = Sources::from_files(files.iter().copied()).graph();
    let groups =
        graph.cycles().into_iter().flat_map(|(folder, groups)| groups.into_iter().map(move |g| (folder.clone(), g)));
    groups.map(|(folder, group)| format!("{folder}: {}", group.into_iter().collect::<Vec<_>>().join(" "))).collect()
}

fn uses(files: &[(&str, &str)], file: &str) -> Vec<String> {
    Sources::from_files(files.iter().copied()).graph().uses[file].iter().cloned().collect()
}

#[test]
fn files_that_import_each_other_are_a_cycle() {
    let lib = ("lib.rs", "mod f;");
    let module = ("f/mod.rs", "mod a; mod b; mod c; pub use self::{a::A, b::B};");
    let a = "pub struct A;";
    for (name, a, b, c, expected) in [
        ("one way", a, "use super::a::A; pub struct B;", "", &[][..]),
        ("directly", "use super::b::B; pub struct A;", "use super::a::A; pub struct B;", "", &["f: a b"]),
        ("by `crate::`", "use crate::f::b::B; pub struct A;", "use crate::f::a::A; pub struct B;", "", &["f: a b"]),
        (
            "in nested groups",
            "use {std::fmt, crate::{f::{b::{B}}}}; pub struct A;",
            "use super::{a::{self, A as Other}}; pub struct B;",
            "",
            &["f: a b"],
        ),
        ("by re-exports", "use super::B; pub struct A;", "use crate::f::A; pub struct B;", "", &["f: a b"]),
        ("by paths in code", "pub struct A(super::B);", "pub struct B; fn f(_: crate::f::A) {}", "", &["f: a b"]),
        ("by an imported module", "use super::b; pub struct A(b::B);", "use super::A; pub struct B;", "", &["f: a b"]),
        (
            "through a third",
            "use super::b::B; pub struct A;",
            "use super::c::C; pub struct B;",
            "use super::A; pub struct C;",
            &["f: a b c"],
        ),
        (
            "in a module of the file",
            "pub struct A; mod inner { use super::super::b::B; }",
            "use super::a::A; pub struct B;",
            "",
            &["f: a b"],
        ),
        (
            "in tests only",
            "pub struct A; #[cfg(test)] mod tests { use crate::f::b::B; } #[cfg(test)] use super::b::B;",
            "use super::a::A; pub struct B;",
            "",
            &[],
        ),
        (
            "behind a test",
            "#[cfg(test)] #[derive(Debug)] struct T { b: u8 } use super::b::B; pub struct A;",
            "use super::a::A; pub struct B;",
            "",
            &["f: a b"],
        ),
        (
            "not in tests only",
            "#[cfg(not(test))] use super::b::B; pub struct A;",
            "use super::a::A; pub struct B;",
            "",
            &["f: a b"],
        ),
        (
            "in comments and texts only",
            "//! [`B`](super::b::B)\n// use super::b::B;\npub struct A; const TEXT: &str = \"super::b::B\";",
            "use super::a::A; pub struct B;",
            "",
            &[],
        ),
    ] {
        assert_eq!(cycles(&[lib, module, ("f/a.rs", a), ("f/b.rs", b), ("f/c.rs", c)]), expected, "{name}");
    }
}

#[test]
fn a_folder_is_one_entry_of_the_folder_above() {
    let files = [
        ("lib.rs", "mod f;"),
        ("f/mod.rs", "mod a; mod g;"),
        ("f/a.rs", "use super::g::b::B; pub struct A;"),
        ("f/g/mod.rs", "pub mod b; mod c;"),
        ("f/g/b.rs", "pub struct B;"),
        ("f/g/c.rs", "use crate::f::a::A;"),
    ];
    assert_eq!(cycles(&files), ["f: a g"]);
}

#[test]
fn a_file_that_its_module_uses_may_not_use_the_module() {
    let a = "use super::Shared; pub struct A;";
    let defines = "mod a; pub(crate) struct Shared(a::A);";
    assert_eq!(cycles(&[("lib.rs", "mod f;"), ("f/mod.rs", defines), ("f/a.rs", a)]), ["f: a mod"]);
    let reexports = "mod a; pub use self::a::A; pub(crate) struct Shared;";
    assert_eq!(cycles(&[("lib.rs", "mod f;"), ("f/mod.rs", reexports), ("f/a.rs", a)]), [""; 0]);
    let reexports_and_uses = "mod a; pub use self::a::A; pub(crate) struct Shared(A);";
    assert_eq!(cycles(&[("lib.rs", "mod f;"), ("f/mod.rs", reexports_and_uses), ("f/a.rs", a)]), ["f: a mod"]);
}

#[test]
fn an_item_belongs_to_the_file_that_defines_it() {
    let files = |used: &'static str| {
        [
            ("lib.rs", "mod f; mod user; pub use f::{A, Renamed};"),
            ("f/mod.rs", "mod a; mod b; pub use self::b::*; pub use a::{A as Renamed, A}; pub struct Own;"),
            ("f/a.rs", "pub struct A; pub enum Choice { One }"),
            ("f/b.rs", "pub struct B;"),
            ("user.rs", used),
        ]
    };
    for (used, expected) in [
        ("use crate::A;", &["f/a.rs"][..]),
        ("use crate::Renamed as X;", &["f/a.rs"]),
        ("use crate::f::{B, Own};", &["f/b.rs", "f/mod.rs"]),
        ("fn f() { let _ = crate::f::B; }", &["f/b.rs"]),
        ("use crate::f; fn g(_: f::Renamed) {}", &["f/a.rs"]),
        ("use crate::f::{self as g}; fn f() { g::Own }", &["f/mod.rs"]),
        ("use std::fmt; fn f(_: fmt::Error, _: serde::A) { x.f::<u8>(); $crate::f::A; }", &[]),
        ("pub(in crate::f) struct X; pub(crate) struct Y; pub struct Z(pub(crate) u8, (crate::f::A));", &["f/a.rs"]),
        ("mod inner { use super::super::f::A; }", &["f/a.rs"]),
    ] {
        assert_eq!(uses(&files(used), "user.rs"), expected, "{used}");
    }
}

#[test]
fn a_storey_uses_only_storeys_below() {
    let storeys: &[&[&str]] = &[&["ground"], &["left", "right"], &["roof"]];
    let files = |left: &'static str| {
        [
            ("lib.rs", "mod ground; mod left; mod right; mod roof; pub use roof::Roof;"),
            ("ground.rs", "pub struct Ground;"),
            ("left/mod.rs", left),
            ("right.rs", "use crate::ground::Ground; pub struct Right;"),
            ("roof.rs", "use crate::{ground::Ground, left, right::Right}; pub struct Roof;"),
        ]
    };
    for (left, expected) in [
        ("use crate::ground::Ground;", &[][..]),
        ("use crate::right::Right;", &["left/mod.rs: `left` may not use `right` (right.rs)"]),
        ("use super::right::Right;", &["left/mod.rs: `left` may not use `right` (right.rs)"]),
        ("use crate::Roof;", &["left/mod.rs: `left` may not use `roof` (roof.rs)"]),
        ("use crate::{ground, roof}; fn f(_: roof::Roof) {}", &["left/mod.rs: `left` may not use `roof` (roof.rs)"]),
    ] {
        let graph = Sources::from_files(files(left)).graph();
        assert_eq!(against_the_storeys(&graph, storeys), expected, "{left}");
    }
}

#[test]
fn a_room_uses_only_rooms_listed_after_it() {
    let found = |store: &str| {
        let files = [
            ("lib.rs", "mod cache;"),
            ("cache/mod.rs", "mod http; mod store; mod other; pub use http::Http;"),
            ("cache/http/mod.rs", "mod miss; pub use miss::Http;"),
            ("cache/http/miss.rs", "use crate::cache::store::Store; pub struct Http;"),
            ("cache/store.rs", store),
            ("cache/other.rs", "use super::http::Http; pub struct Other;"),
        ];
        let found = upwards(&Sources::from_files(files).graph(), "cache", &["builder", "http", "store"]);
        found.into_values().flatten().collect::<Vec<_>>()
    };
    assert_eq!(found("pub struct Store;"), [""; 0]);
    assert_eq!(found("use super::other::Other; pub struct Store;"), [""; 0], "not a room");
    let expected = ["cache/store.rs uses cache/http/miss.rs"];
    assert_eq!(found("use super::Http; pub struct Store;"), expected);
    assert_eq!(found("pub struct Store(crate::cache::http::Http);"), expected);
}

#[test]
fn a_use_of_what_only_the_app_may_do_is_found_under_any_name() {
    let listed = ["tokio::task::spawn_blocking", "tokio::spawn", "std::env", "std::time::Instant::now", "println!"];
    for (code, expected) in [
        ("fn f() { tokio::spawn(x); }", &["tokio::spawn"][..]),
        ("mod tokio {} fn f() { ::tokio::spawn(x); }", &["tokio::spawn"]),
        ("use ::tokio::spawn; fn f() { spawn(x); }", &["tokio::spawn"]),
        ("mod tokio { pub fn spawn() {} } fn f() { tokio::spawn(x); }", &[]),
        ("use tokio::task::spawn_blocking; fn f() { spawn_blocking(x) }", &["tokio::task::spawn_blocking"]),
        ("use tokio::{task as t}; fn f() { t::spawn_blocking(x) }", &["tokio::task::spawn_blocking"]),
        ("use std::{env::{self, var as get}};", &["std::env"]),
        ("use std::time; fn f() { time::Instant::now() }", &["std::time::Instant::now"]),
        ("use std::time::{Duration, Instant as I}; fn f(_: I) { I::now() }", &["std::time::Instant::now"]),
        ("fn f() { let x = core::time::Instant::now; }", &["std::time::Instant::now"]),
        ("fn f() { println!(\"x\") }", &["println!"]),
        ("use std::time::Instant; fn f(_: Instant) { spawn(x); self.env(); tokio::spawner(); }", &[]),
        ("#[cfg(test)] mod tests { use std::env; } const X: &str = \"std::env\"; // std::env", &[]),
    ] {
        let found = reaching(&Sources::from_files([("lib.rs", code)]), &listed);
        let found: BTreeSet<String> = found.into_iter().map(|(_, path)| path).collect();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), expected, "{code}");
    }
}

#[test]
#[should_panic = "the listed cycle of {\"a\", \"b\"} is gone"]
fn a_listed_cycle_that_is_gone_fails() {
    let graph = Sources::from_files([("lib.rs", "mod a; mod b;"), ("a.rs", ""), ("b.rs", "")]).graph();
    assert_cycles(&graph, &[("", &[&["a", "b"]])]);
}

#[test]
#[should_panic = "a cycle of {\"a\", \"b\"}\n    a.rs uses b.rs\n    b.rs uses a.rs"]
fn a_cycle_that_is_not_listed_fails_with_the_files() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "use crate::a::A; pub struct B;"),
    ];
    assert_cycles(&Sources::from_files(files).graph(), KNOWN_CYCLES);
}
