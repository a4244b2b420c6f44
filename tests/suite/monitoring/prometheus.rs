//! A Prometheus server.

use std::{
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use axum::body::Body;
use http::Request;
use serde_json::Value;

use crate::{
    support::{Process, free_port, temporary, tool},
    wire,
};

/// A Prometheus that scrapes one program every 200 ms, as the job `routekit`.
pub(crate) struct Prometheus {
    _process: Process,
    addr: SocketAddr,
}

impl Prometheus {
    /// Starts it, and waits until it has scraped the program. `None` if there is no Prometheus.
    pub(crate) async fn scrape(name: &str, target: SocketAddr, token: Option<&str>, rules: &str) -> Option<Self> {
        let prometheus = Self::start(name, target, token, rules)?;
        prometheus.wait_for("up == 1").await;
        Some(prometheus)
    }

    /// Keeps its files in a directory of this name, and sends the token if there is one.
    pub(crate) fn start(name: &str, target: SocketAddr, token: Option<&str>, rules: &str) -> Option<Self> {
        let program = tool("prometheus")?;
        let (dir, addr) = (temporary(name), free_port());
        let token = token.map_or_else(String::new, |token| format!(", authorization: {{credentials: '{token}'}}"));
        std::fs::write(dir.join("rules.yml"), rules).unwrap();
        let config = format!(
            "global: {{scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 500ms}}\n\
             rule_files: [rules.yml]\n\
             scrape_configs: [{{job_name: routekit, static_configs: [{{targets: ['{target}']}}]{token}}}]\n"
        );
        std::fs::write(dir.join("prometheus.yml"), config).unwrap();
        Some(Self { _process: Process::new(start(&program, &dir, addr)), addr })
    }

    /// The result of an instant query.
    pub(crate) async fn query(&self, expr: &str) -> Vec<Value> {
        let answer = self.get(&format!("/api/v1/query?query={}", encoded(expr))).await.expect("it listens");
        assert_eq!(answer["status"], "success", "{expr}\n{answer}");
        answer["data"]["result"].as_array().expect("a vector").clone()
    }

    /// Waits until the query has a result.
    pub(crate) async fn wait_for(&self, expr: &str) {
        for _ in 0..150 {
            let path = format!("/api/v1/query?query={}", encoded(expr));
            let answer = self.get(&path).await.unwrap_or_default();
            if answer["data"]["result"].as_array().is_some_and(|result| !result.is_empty()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("waited thirty seconds for {expr}");
    }

    /// The JSON at this path. `None` while it does not listen.
    pub(super) async fn get(&self, path: &str) -> Option<Value> {
        drop(tokio::net::TcpStream::connect(self.addr).await.ok()?);
        let request = Request::get(path).header("host", "localhost").body(Body::empty()).unwrap();
        serde_json::from_str(&wire::http1(self.addr, request).await.1).ok()
    }
}

fn start(program: &Path, dir: &Path, addr: SocketAddr) -> std::process::Child {
    Command::new(program)
        .arg("--config.file=prometheus.yml")
        .arg("--storage.tsdb.path=data")
        .arg(format!("--web.listen-address={addr}"))
        .current_dir(dir)
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(dir.join("log")).unwrap())
        .spawn()
        .unwrap()
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}
