//! Programs run as processes: the quickstart, its errors and its shutdown.

use std::{
    io::{BufRead, BufReader, Lines, Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{ChildStdout, Command, Output, Stdio},
    sync::LazyLock,
};

use routekit::metrics::DURATION_BUCKETS;

use crate::support::{Process, free_port, temporary, tool};

/// Runs a binary of the workspace to its end.
pub(crate) fn cargo_run(package: &str, binary: &str, arguments: &[&str]) -> Output {
    Command::new(build(package, binary)).args(arguments).output().unwrap()
}

/// Builds a binary of the workspace, and returns its path.
pub(crate) fn build(package: &str, binary: &str) -> PathBuf {
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

/// The output of `promtool check metrics`, which must be empty.
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

pub(crate) struct Quickstart {
    process: Process,
    pub(crate) addr: String,
    pub(crate) admin: String,
    /// Read by the tests, so that the program does not block.
    log: Lines<BufReader<ChildStdout>>,
}

impl Quickstart {
    /// Starts the program on a free port, and waits until it listens.
    pub(crate) fn start() -> Self {
        Self::start_with([])
    }

    /// Starts the program with these variables.
    pub(crate) fn start_with(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self::start_command(quickstart().envs(variables))
    }

    /// Starts the program with these variables.
    #[cfg(unix)]
    pub(crate) fn start_with_all(variables: &[(&str, &str)]) -> Self {
        Self::start_command(quickstart().envs(variables.iter().copied()))
    }

    /// Starts the program by this command.
    pub(crate) fn start_command(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut find = |what: &str| {
            let after = log.find_map(|line| line.unwrap().split_once(what).map(|(_, after)| after.to_owned()));
            let after = after.expect("it says where it listens");
            after.split([';', ' ', '"']).next().unwrap().to_owned()
        };
        let (admin, addr) = (find("admin surface on http://"), find("listening on http://"));
        Self { process: Process::new(child), addr, admin, log }
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// The complete answer to a request on a new connection.
    fn ask(&self, method: &str, path: &str, json: &str) -> String {
        ask(&self.addr, method, path, json)
    }

    #[cfg(unix)]
    pub(crate) fn send(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Reads the log up to a line with this text.
    #[cfg(unix)]
    pub(crate) fn until_log(&mut self, text: &str) {
        let found = self.log.by_ref().map_while(Result::ok).any(|line| line.contains(text));
        assert!(found, "no line of the log has {text:?}");
    }

    /// Sends a signal and waits for the end. Returns the exit code and the last line of the log.
    #[cfg(unix)]
    pub(crate) fn signal(mut self, signal: &str) -> (Option<i32>, Option<String>) {
        self.send(signal);
        let last = self.log.by_ref().map_while(Result::ok).last();
        (self.process.wait(), last)
    }
}

/// On free ports, and without variables of the machine.
pub(crate) fn quickstart() -> Command {
    static BUILT: LazyLock<PathBuf> = LazyLock::new(|| build("quickstart", "quickstart"));
    let mut command = Command::new(&*BUILT);
    command.env("ROUTEKIT_ADDR", "127.0.0.1:0").env("ROUTEKIT_ADMIN_ADDR", "127.0.0.1:0");
    command.env("ROUTEKIT_SERVER_DRAIN_DELAY", "0");
    command.env_remove("RUST_LOG").env_remove("ROUTEKIT_LOG_FORMAT");
    command
}

/// The output of a program that does not start.
pub(crate) fn refused(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    text
}

/// The complete answer to a request on a new connection.
pub(crate) fn ask(addr: &str, method: &str, path: &str, json: &str) -> String {
    let mut stream = TcpStream::connect(addr).unwrap();
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

#[test]
fn quickstart_behaves_as_the_readme_says() {
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
    assert!(app.ask("GET", "/health/ready", "").ends_with(r#"{"status":"ready"}"#));
    assert!(app.ask("GET", "/metrics", "").starts_with("HTTP/1.1 404"), "that is for the admin surface");
    let metrics = ask(&app.admin, "GET", "/metrics", "");
    promtool_accepts(metrics.split_once("\r\n\r\n").unwrap().1);
}

#[cfg(unix)]
#[test]
fn quickstart_stops_on_sigterm() {
    for signal in ["-TERM", "-INT"] {
        let app = Quickstart::start();
        let (code, last) = app.signal(signal);
        assert_eq!(code, Some(0), "{signal}");
        assert!(last.as_ref().is_some_and(|line| line.ends_with("routekit: stopped")), "{signal}: {last:?}");
    }
}

#[test]
fn port_in_use_error_names_the_variable() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    for variable in ["ROUTEKIT_ADDR", "ROUTEKIT_ADMIN_ADDR"] {
        let text = refused(quickstart().env(variable, &addr));
        let start = format!("Error: the app cannot start: cannot listen on {addr} ({variable}): ");
        assert!(text.starts_with(&start), "{text}");
        assert!(text.contains(&format!("set {variable} to another address")), "{text}");
    }
    let text = refused(quickstart().env("ROUTEKIT_ADDR", &addr).env("ROUTEKIT_ADMIN_ADDR", &addr));
    assert!(text.contains("for 2 reasons"), "{text}");
}

#[test]
fn invalid_setting_error_names_its_source() {
    let text = refused(quickstart().env("ROUTEKIT_ADDR", "3000"));
    let start = "Error: the app cannot start: ROUTEKIT_ADDR is `3000`: not an IP address with a port";
    assert!(text.starts_with(start), "{text}");
    let text = refused(quickstart().env("ROUTEKIT_TIMEOTU", "5s"));
    assert!(text.contains("ROUTEKIT_TIMEOTU: there is no such setting; did you mean `ROUTEKIT_TIMEOUT`?"), "{text}");
}

#[test]
fn configuration_file_is_read_from_the_working_directory() {
    let dir = temporary("config");
    std::fs::write(dir.join("routekit.toml"), "timeout = '5 s'\ntiemout = 3\n[route.'GET /v2/user']\ntimeout = 5\n")
        .unwrap();
    let text = refused(quickstart().current_dir(&dir));
    for part in [
        "`tiemout` in routekit.toml: there is no such setting; did you mean `timeout`?",
        "`timeout` in routekit.toml is `5 s`: not a duration",
        "routekit.toml names the route `GET /v2/user`, which the app does not have",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    std::fs::write(dir.join("other.toml"), "[route.'GET /v2/user']\ntimeout = 5\n").unwrap();
    let text = refused(quickstart().env("ROUTEKIT_CONFIG", dir.join("other.toml")));
    let expected = "names the route `GET /v2/user`, which the app does not have; did you mean `GET /v2/users`?";
    assert!(text.contains(expected), "{text}");
    std::fs::write(dir.join("routekit.toml"), "timeout = '5 s'\n").unwrap();
    let text = refused(quickstart().current_dir(&dir).env("ROUTEKIT_CONFIG", ""));
    assert!(text.contains("`timeout` in routekit.toml is `5 s`"), "an empty variable is unset: {text}");
    let text = refused(quickstart().env("ROUTEKIT_CONFIG", dir.join("nothing.toml")));
    assert!(
        text.contains("nothing.toml` (named by ROUTEKIT_CONFIG) cannot be read: "),
        "a file that was named must be there: {text}"
    );
}

#[test]
fn real_prometheus_scrapes_the_quickstart() {
    let Some(prometheus) = tool("prometheus") else { return };
    let app = Quickstart::start();
    app.ask("GET", "/v2/users", "");
    let dir = temporary("prometheus");
    let target = &app.admin;
    let config = format!(
        "global: {{ scrape_interval: 1s }}\n\
         scrape_configs: [{{ job_name: app, static_configs: [{{ targets: ['{target}'] }}] }}]\n"
    );
    std::fs::write(dir.join("prometheus.yml"), config).unwrap();
    let port = free_port();
    let server = Command::new(prometheus)
        .arg(format!("--config.file={}", dir.join("prometheus.yml").display()))
        .arg(format!("--storage.tsdb.path={}", dir.join("data").display()))
        .arg(format!("--web.listen-address={port}"))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _server = Process::new(server);
    let query = |query: &str| {
        let mut stream = TcpStream::connect(port).ok()?;
        write!(stream, "GET /api/v1/query?query={query} HTTP/1.0\r\nhost: prometheus\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let json: serde_json::Value = serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()?;
        json["data"]["result"][0]["value"][1].as_str().map(str::to_owned)
    };
    let until = |what: &str, expected: &str| {
        for _ in 0..600 {
            if query(what).as_deref() == Some(expected) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("{what} is {:?} and not {expected}", query(what));
    };
    until("up", "1");
    until("http_server_request_duration_seconds_count%7Bhttp_route%3D%22/v2/users%22%7D", "1");
    // Under load, the quantile that Prometheus computes is in the bucket of the one in the report.
    for _ in 0..500 {
        app.ask("GET", "/v2/users", "");
    }
    until("http_server_request_duration_seconds_count%7Bhttp_route%3D%22/v2/users%22%7D", "501");
    let sums = "sum%20by%20(le)%20(http_server_request_duration_seconds_bucket%7Bhttp_route%3D%22/v2/users%22%7D)";
    let theirs: f64 = query(&format!("histogram_quantile(0.99,{sums})")).unwrap().parse().unwrap();
    let report = ask(&app.admin, "GET", "/metrics/performance", "");
    let report: serde_json::Value = serde_json::from_str(report.split_once("\r\n\r\n").unwrap().1).unwrap();
    let mut used = report["routeMetrics"]["mostUsedRoutes"].as_array().unwrap().iter();
    let users = used.find(|route| route["path"] == "/v2/users").unwrap();
    let ours = users["responseTimeMetrics"]["p99"].as_f64().unwrap() / 1e3;
    let bucket = |seconds: f64| DURATION_BUCKETS.iter().filter(|bound| **bound < seconds).count();
    assert!(bucket(ours).abs_diff(bucket(theirs)) <= 1, "{ours} and {theirs}");
    let mut stream = TcpStream::connect(port).unwrap();
    write!(stream, "GET /metrics HTTP/1.0\r\nhost: prometheus\r\n\r\n").unwrap();
    let mut own = String::new();
    stream.read_to_string(&mut own).unwrap();
    let rejected: Vec<&str> =
        own.lines().filter(|line| line.starts_with("prometheus_target_scrapes_sample_")).collect();
    assert!(rejected.len() >= 3 && rejected.iter().all(|line| line.ends_with(" 0")), "{rejected:?}");
    assert_eq!(query("min_over_time(up%5B1h%5D)").as_deref(), Some("1"));
}
