//! Programs as a person runs them: the quickstart, its errors, its end.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
};

/// Runs a binary of the workspace to its end.
pub(crate) fn cargo_run(package: &str, binary: &str, arguments: &[&str]) -> Output {
    Command::new(build(package, binary)).args(arguments).output().unwrap()
}

/// Builds a binary of the workspace; where it is.
fn build(package: &str, binary: &str) -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--message-format=json", "-p", package, "--bin", binary])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(built.status.success());
    let messages = String::from_utf8(built.stdout).unwrap();
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] == binary)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .expect("cargo says where the program is")
}

/// What `promtool check metrics` has to say, which must be nothing.
pub(crate) fn promtool_accepts(text: &str) {
    let Some(promtool) = tool("promtool") else { return };
    let mut child = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "promtool says:\n{said}\nabout:\n{text}");
}

/// A program that `tests/run` provides, from `PATH`.
fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file());
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{name} is not there; `tests/run` gets it");
        eprintln!("SKIPPED: {name} is not there; `tests/run` gets it");
    }
    found
}

struct Quickstart {
    child: Child,
    addr: String,
}

impl Quickstart {
    /// Runs it on a free port, until it says that it listens.
    fn start() -> Self {
        let mut child = Command::new(build("quickstart", "quickstart"))
            .env("ROUTEKIT_ADDR", "127.0.0.1:0")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        let addr = said
            .find_map(|line| line.unwrap().strip_prefix("listening on http://").map(str::to_owned))
            .expect("it says where it listens");
        Self { child, addr }
    }

    /// The whole answer to a request on a connection of its own.
    fn ask(&self, method: &str, path: &str, json: &str) -> String {
        let mut stream = TcpStream::connect(&self.addr).unwrap();
        let length = json.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{json}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[cfg(unix)]
    fn signal(mut self, signal: &str) -> Option<i32> {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Quickstart {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_quickstart_does_what_the_readme_says() {
    let app = Quickstart::start();
    let created = app.ask("POST", "/v2/users", r#"{"name":"Ann","email":"ann@example.com"}"#);
    assert!(created.starts_with("HTTP/1.1 201 Created"), "{created}");
    let id = created.split("\"id\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let user = format!("/v2/users/{id}");
    assert!(app.ask("PUT", &user, r#"{"name":"Anna"}"#).contains(r#""name":"Anna""#));
    assert!(app.ask("GET", "/v2/users?search=ANN", "").contains(r#""page":1,"total":1"#));
    assert!(app.ask("GET", "/v2/users?page=0&limit=1000", "").starts_with("HTTP/1.1 422"));
    assert!(app.ask("GET", "/v2/users/abc", "").contains("`id` must be a UUID"));
    assert!(app.ask("DELETE", &user, "").starts_with("HTTP/1.1 204"));
    assert!(app.ask("DELETE", &user, "").starts_with("HTTP/1.1 404"));
    assert!(app.ask("GET", "/health/live", "").ends_with(r#"{"status":"ok"}"#));
    let metrics = app.ask("GET", "/metrics", "");
    promtool_accepts(metrics.split_once("\r\n\r\n").unwrap().1);
}

#[cfg(unix)]
#[test]
fn it_stops_when_told_to() {
    for signal in ["-TERM", "-INT"] {
        let app = Quickstart::start();
        assert_eq!(app.signal(signal), Some(0), "{signal}");
    }
}

#[test]
fn a_port_in_use_names_the_variable() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let output = Command::new(build("quickstart", "quickstart")).env("ROUTEKIT_ADDR", &addr).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.starts_with(&format!("Error: the app cannot start: cannot listen on {addr}: ")), "{text}");
    assert!(text.contains("set ROUTEKIT_ADDR to another address"), "{text}");
}

#[test]
fn an_address_that_is_none_names_the_variable() {
    let output = Command::new(build("quickstart", "quickstart")).env("ROUTEKIT_ADDR", "3000").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.starts_with("Error: the app cannot start: ROUTEKIT_ADDR is `3000`: not an address with a port"),
        "{text}"
    );
}
