//! Dependencies run one way: a module uses what stands before it in this list, and nothing beside or after it.

use std::{collections::BTreeSet, fs, path::Path};

/// From the ground floor to the roof; modules on one line are siblings that must not know each other.
const STOREYS: &[&[&str]] = &[
    &["pass_or_answer", "printable"],
    &["clock", "observe", "problem", "setting", "setup", "spawner", "units"],
    &["deps"],
    &["route"],
    &["identity"],
    &[
        "access_log",
        "auth",
        "body_limit",
        "breaker",
        "cache",
        "catch_panic",
        "concurrency",
        "correlation",
        "deprecation",
        "extract",
        "health",
        "metrics",
        "sensitive_headers",
        "telemetry",
        "timeout",
        "watch",
    ],
    &["config", "retry"],
    &["policy"],
    &["admin"],
    &["app"],
    &["test"],
    &["__private"],
];

/// Not modules but macros, or the crate's face.
const NO_MODULES: &[&str] = &["lib", "macros"];

#[test]
fn dependencies_run_one_way() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("../routekit/src");
    let storey = |module: &str| STOREYS.iter().position(|modules| modules.contains(&module));
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for file in rust_files(&src) {
        let relative = file.strip_prefix(&src).unwrap();
        let module = relative.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
        if NO_MODULES.contains(&module.as_str()) {
            continue;
        }
        let own = storey(&module).unwrap_or_else(|| panic!("`{module}` has no storey; give it one"));
        seen.insert(module.clone());
        let text = fs::read_to_string(&file).unwrap();
        for used in used_modules(&text) {
            let allowed = used == module || storey(&used).is_some_and(|storey| storey < own);
            if !allowed {
                wrong.push(format!("{}: `{module}` may not use `{used}`", relative.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let listed: BTreeSet<String> = STOREYS.iter().flat_map(|modules| modules.iter().map(|m| (*m).to_owned())).collect();
    assert_eq!(seen, listed, "the list names a module that is not there");
}

/// `a`, `b` of `use crate::{a::…, b::…}` and `crate::a::…`, outside comments.
fn used_modules(text: &str) -> BTreeSet<String> {
    let code: String =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(|line| [line.trim(), " "]).collect();
    let mut used = BTreeSet::new();
    for (start, _) in code.match_indices("crate::") {
        if code[..start].ends_with('$') || code[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[start + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut word = String::new();
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => drop(used.insert(first_segment(&word))),
                    _ => {}
                }
                if depth == 0 && c != '}' {
                    if c == ',' { word.clear() } else { word.push(c) }
                }
            }
            used.insert(first_segment(&word));
        } else {
            used.insert(first_segment(rest));
        }
    }
    used.retain(|module| !module.is_empty());
    used
}

fn first_segment(path: &str) -> String {
    path.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn rust_files(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// What only the app may do: start tasks, read the environment, write to the terminal.
const FOR_THE_APP: &[&str] =
    &["tokio::spawn", "env::var", "eprintln!", "println!", "set_global_recorder", "thread::Builder", "thread::spawn"];

#[test]
fn only_the_app_reaches_outside() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("../routekit/src");
    for file in rust_files(&src) {
        let relative = file.strip_prefix(&src).unwrap();
        // `telemetry` is called by the program itself, before there is an app.
        if relative.starts_with("app") || relative == Path::new("telemetry.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            let found = FOR_THE_APP.iter().find(|word| line.contains(**word));
            assert!(found.is_none(), "{}: {line}", relative.display());
            assert!(!line.contains("super::super"), "{}: a way around the storeys: {line}", relative.display());
        }
    }
}

/// Ways out of the process, as words of the code.
const OUTSIDE: &[&str] = &[
    "fs",
    "net",
    "process",
    "File",
    "OpenOptions",
    "TcpStream",
    "UdpSocket",
    "UnixStream",
    "Command",
    "hyper",
    "hyper_util",
    "hyper_rustls",
    "rustls_native_certs",
    "reqwest",
];

/// A token is compared with what is known. One file fetches keys, from where the program says.
#[test]
fn auth_reaches_nobody() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("../routekit/src");
    let mut seen = 0;
    for file in rust_files(&src.join("auth")).into_iter().chain(rust_files(&src.join("identity"))) {
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let code: String =
            code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        let mut words = code.split(|c: char| !c.is_alphanumeric() && c != '_');
        let found = words.find(|word| OUTSIDE.contains(word));
        let fetches = file.ends_with("auth/jwt/jwks/http.rs");
        assert_eq!(found.is_some(), fetches, "{}: {found:?}", file.display());
        seen += usize::from(fetches);
    }
    assert_eq!(seen, 1);
}

#[test]
fn uses_are_read_right() {
    let text = "use crate::{\n    a::{b, c},\n    d::E,\n};\nuse crate::f;\n// crate::no\nlet x = crate::g::h();";
    let used: Vec<String> = used_modules(text).into_iter().collect();
    assert_eq!(used, ["a", "d", "f", "g"]);
}
