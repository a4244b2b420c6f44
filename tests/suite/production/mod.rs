//! The production example, run as its users run it: the built program, over a socket.

mod caching;
mod endpoints;
mod failures;
mod limits;
mod orders;
mod postgres;
mod prometheus;
mod settings;
mod several_processes;
mod users;

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
    sync::{
        Arc, LazyLock,
        mpsc::{Receiver, channel},
    },
    thread,
    time::Duration,
};

use jsonwebtoken::{EncodingKey, Header, encode};
use parking_lot::Mutex;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::{
    process::build,
    support::{Process, unix_time},
};

const SECRET: &str = "a secret of the tests, which has more than 256 bits";
const ISSUER: &str = "https://login.example.com";

/// The program on a free port, without variables of the machine.
pub(crate) fn production() -> Command {
    static BUILT: LazyLock<PathBuf> = LazyLock::new(|| build("production", "production"));
    let mut command = Command::new(&*BUILT);
    command.env_clear().env("PORT", "0").env("ROUTEKIT_SERVER_DRAIN_DELAY", "0");
    command
}

/// The same, with an issuer of tokens.
fn issued() -> Command {
    let mut command = production();
    command.env("JWT_SECRET", SECRET).env("JWT_ISSUER", ISSUER).env("DATABASE_URL", "sqlite::memory:");
    command
}

/// A token of the issuer, valid for `seconds`.
fn token(sub: &str, roles: &[&str], seconds: i64) -> String {
    let now = i64::try_from(unix_time().as_secs()).unwrap();
    let claims = json!({ "iss": ISSUER, "aud": "production", "sub": sub, "exp": now + seconds, "roles": roles });
    encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}

/// A running program, and a client of it.
struct Production {
    process: Process,
    url: String,
    client: Client,
    /// The token of its requests.
    token: String,
    log: Arc<Mutex<Vec<String>>>,
    lines: Mutex<Receiver<String>>,
}

impl Production {
    /// Starts a program for developers, and takes the token that it prints.
    fn start() -> Self {
        let mut app = Self::start_command(&mut production());
        let printed = app.log().into_iter().find_map(|line| line.strip_prefix("TOKEN=").map(str::to_owned));
        app.token = printed.expect("it prints a token");
        app
    }

    /// Starts a program with an issuer of tokens, and becomes an operator.
    fn start_issued(command: &mut Command) -> Self {
        let mut app = Self::start_command(command);
        app.token = token("ann", &["operator"], 600);
        app
    }

    /// Waits until the program listens.
    fn start_command(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let log = Arc::<Mutex<Vec<String>>>::default();
        let (sender, lines) = channel();
        let kept = Arc::clone(&log);
        // Read to the end, so that the program does not block.
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                kept.lock().push(line.clone());
                let _ = sender.send(line);
            }
        });
        let process = Process::new(child);
        let listening = lines.iter().find_map(|line| line.split_once("listening on ").map(|(_, url)| url.to_owned()));
        let url = listening.expect("it says where it listens");
        let url = url.split([';', ' ', '"']).next().unwrap().to_owned();
        Self { process, url, client: Client::new(), token: String::new(), log, lines: Mutex::new(lines) }
    }

    /// What it has logged until now.
    fn log(&self) -> Vec<String> {
        self.log.lock().clone()
    }

    /// Waits for a line of the log with this text, unless it is there already.
    fn until_log(&self, text: &str) -> String {
        let lines = self.lines.lock();
        loop {
            if let Some(line) = self.log().into_iter().find(|line| line.contains(text)) {
                return line;
            }
            let next = lines.recv_timeout(Duration::from_secs(30));
            assert!(next.is_ok(), "no line has {text:?}: {:#?}", self.log());
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token)
    }

    async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    async fn send(&self, method: Method, path: &str, json: &Value) -> Response {
        self.request(method, path).json(json).send().await.unwrap()
    }

    /// Creates a user, and returns its path.
    async fn create_user(&self, name: &str) -> String {
        let user = json!({ "name": name, "email": format!("{name}@example.com") });
        let created = self.send(Method::POST, "/v2/users", &user).await;
        assert_eq!(created.status(), 201);
        format!("/v2/users/{}", text_of(&json_of(created).await["id"]))
    }

    /// Asks the program to stop, and returns its exit code and the last line of its log.
    #[cfg(unix)]
    fn stop(mut self) -> (Option<i32>, String) {
        assert!(Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status().unwrap().success());
        let last = self.lines.lock().iter().last();
        (self.process.wait(), last.unwrap_or_default())
    }
}

async fn json_of(response: Response) -> Value {
    response.json().await.unwrap()
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn header(response: &Response, name: &str) -> String {
    response.headers().get(name).map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
}
