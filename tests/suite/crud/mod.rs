//! The crud example, over a socket and with a real PostgreSQL.

mod answers;
mod caching;
mod settings;

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
    sync::LazyLock,
    thread,
};

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};

use crate::{
    process::build,
    support::{PostgresServer, Process, output_of},
};

/// The program on free ports, with this database.
fn crud(url: &str) -> Command {
    static BUILT: LazyLock<PathBuf> = LazyLock::new(|| build("crud", "crud"));
    let mut command = Command::new(&*BUILT);
    command.env_clear().env("ROUTEKIT_ADDR", "127.0.0.1:0").env("ROUTEKIT_ADMIN_ADDR", "127.0.0.1:0");
    command.env("DATABASE_URL", url);
    command
}

/// A running program with its items, and a client of it.
struct Crud {
    url: String,
    client: Client,
    server: PostgresServer,
    _process: Process,
}

impl Crud {
    /// Seeds a database and starts a program with it. `None` without PostgreSQL.
    fn start(name: &str, connections: &str) -> Option<Self> {
        let server = PostgresServer::start(&format!("crud-{name}"))?;
        output_of(crud(&server.url()).arg("seed"));
        let mut command = crud(&server.url());
        let mut child = command.env("DATABASE_MAX_CONN", connections).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let process = Process::new(child);
        let listening = lines.find_map(|line| line.split_once("listening on ").map(|(_, url)| url.to_owned()));
        let url = listening.expect("it says where it listens").split([';', ' ']).next().unwrap().to_owned();
        // Read to the end, so that the program does not block.
        thread::spawn(move || lines.for_each(drop));
        Some(Self { url, client: Client::new(), server, _process: process })
    }

    async fn get(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.url)).send().await.unwrap()
    }

    async fn send(&self, method: Method, path: &str, json: &Value) -> Response {
        self.client.request(method, format!("{}{path}", self.url)).json(json).send().await.unwrap()
    }

    /// A connection of the test itself.
    async fn database(&self) -> PgConnection {
        PgConnection::connect(&self.server.url()).await.unwrap()
    }
}

/// An item to create.
fn new_item(id: i32, price: i32) -> Value {
    json!({ "id": id, "name": "New", "category": "test", "price": price, "quantity": 10 })
}

/// A change of an item.
fn change(price: i32) -> Value {
    json!({ "name": "Changed", "price": price, "quantity": 5 })
}

async fn json_of(response: Response) -> Value {
    response.json().await.unwrap()
}

fn header(response: &Response, name: &str) -> String {
    response.headers().get(name).map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
}
