//! Files that change while the app runs.

use std::{fs, time::Duration};

use routekit::{ManualClock, prelude::*};
use serde_json::Value;
use tokio::net::TcpListener;

use super::{SOON, TestFiles, TestPair, connect, http1, version, version_on};
use crate::{
    logs,
    wire::{self, Other, Running},
};

/// How often the files are read.
const INTERVAL: Duration = Duration::from_secs(10);

struct Watching {
    files: TestFiles,
    clock: ManualClock,
    app: Running,
    admin: Other,
}

impl Watching {
    /// An app with this certificate, an admin listener, and a clock that the test moves.
    async fn start(name: &str, pair: &TestPair) -> Self {
        let (files, clock) = (TestFiles::new(name), ManualClock::new());
        files.write(pair);
        let admin = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = admin.local_addr().unwrap();
        let app = App::with_routes(routes![version]).config(files.config()).clock(clock.clock()).admin_listener(admin);
        let app = wire::run(app).await;
        let admin = app.at(addr);
        Self { files, clock, app, admin }
    }

    /// Whether a new connection gets this certificate.
    async fn serves(&self, pair: &TestPair) -> bool {
        match connect(self.app.addr, pair, &[]).await {
            Ok(stream) => {
                assert_eq!(stream.get_ref().1.peer_certificates().unwrap(), std::slice::from_ref(&pair.der));
                true
            }
            Err(error) => {
                assert!(error.to_string().contains("invalid peer certificate"), "{error}");
                false
            }
        }
    }

    /// The health check of the certificate: its status and message.
    async fn health(&self) -> (String, String) {
        let health: Value = serde_json::from_str(&self.admin.http1(wire::get("/health")).await.1).unwrap();
        let check = &health["checks"]["tls-certificate"];
        let text = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
        assert_eq!(health["status"], check["status"], "{health}");
        (text("status"), text("message"))
    }

    /// The number of changes with this result.
    async fn reloads(&self, result: &str) -> String {
        let metrics = self.admin.http1(wire::get("/metrics")).await.1;
        let series = format!("routekit_tls_certificate_reloads_total{{result=\"{result}\"}} ");
        let line = metrics.lines().find_map(|line| line.strip_prefix(&series));
        line.unwrap_or_else(|| panic!("no {series}in {metrics}")).to_owned()
    }

    /// Moves time until new connections get this certificate.
    async fn until_it_serves(&self, pair: &TestPair) {
        let moved = async {
            while !self.serves(pair).await {
                self.clock.advance(INTERVAL);
            }
        };
        tokio::time::timeout(SOON, moved).await.expect("the new certificate is used");
    }

    /// Moves time until the health check has another message than this one. Returns it.
    async fn until_message_is_not(&self, before: &str) -> String {
        let moved = async {
            loop {
                self.clock.advance(INTERVAL);
                let (_, message) = self.health().await;
                if message != before {
                    return message;
                }
            }
        };
        tokio::time::timeout(SOON, moved).await.expect("the message changes")
    }
}

#[tokio::test]
async fn new_certificate_is_for_new_connections_and_old_ones_go_on() {
    let (first, second) = (TestPair::new(), TestPair::new());
    let watching = Watching::start("renewed", &first).await;
    assert!(watching.serves(&first).await);
    let mut old = http1(connect(watching.app.addr, &first, &[]).await.unwrap()).await;
    assert_eq!(version_on(&mut old).await, "HTTP/1.1 127.0.0.1");
    assert_eq!((watching.reloads("ok").await, watching.reloads("error").await), ("0".to_owned(), "0".to_owned()));

    watching.files.write(&second);
    watching.until_it_serves(&second).await;
    assert!(!watching.serves(&first).await);
    assert_eq!(version_on(&mut old).await, "HTTP/1.1 127.0.0.1");
    assert_eq!(watching.reloads("ok").await, "1");
    assert_eq!(watching.health().await, ("healthy".to_owned(), String::new()));
}

#[cfg(unix)]
#[tokio::test]
async fn certificate_behind_a_swapped_link_is_used() {
    let (first, second) = (TestPair::new(), TestPair::new());
    let files = TestFiles::new("linked-versions");
    let dir = files.certificate.parent().unwrap();
    // As Kubernetes does: both files are links into a directory that is itself a link.
    for (version, pair) in [("1", &first), ("2", &second)] {
        fs::create_dir(dir.join(version)).unwrap();
        fs::write(dir.join(version).join("tls.crt"), &pair.certificate).unwrap();
        fs::write(dir.join(version).join("tls.key"), &pair.key).unwrap();
    }
    std::os::unix::fs::symlink("1", dir.join("..data")).unwrap();
    let watching = Watching::start("linked", &first).await;
    for (link, file) in [(&watching.files.certificate, "tls.crt"), (&watching.files.key, "tls.key")] {
        fs::remove_file(link).unwrap();
        std::os::unix::fs::symlink(dir.join("..data").join(file), link).unwrap();
    }
    assert!(watching.serves(&first).await);
    std::os::unix::fs::symlink("2", dir.join("..next")).unwrap();
    fs::rename(dir.join("..next"), dir.join("..data")).unwrap();
    watching.until_it_serves(&second).await;
}

#[test]
fn broken_replacement_keeps_the_old_certificate_and_is_reported_once() {
    let (first, second) = (TestPair::new(), TestPair::new());
    let ((), lines) = logs::caught(async {
        let watching = Watching::start("broken", &first).await;
        let (certificate, key) = (watching.files.certificate.display(), watching.files.key.display());
        assert_eq!(watching.health().await, ("healthy".to_owned(), String::new()));

        fs::write(&watching.files.key, &second.key).unwrap();
        let mismatch = watching.until_message_is_not("").await;
        assert_eq!(mismatch, format!("`{key}`: the key does not belong to the first certificate in `{certificate}`"));
        assert!(watching.serves(&first).await, "the old one stays");
        assert_eq!(watching.health().await.0, "degraded");
        assert_eq!((watching.reloads("ok").await, watching.reloads("error").await), ("0".to_owned(), "1".to_owned()));

        fs::remove_file(&watching.files.certificate).unwrap();
        fs::write(&watching.files.key, "garbage").unwrap();
        let both = watching.until_message_is_not(&mismatch).await;
        let missing = format!("`{certificate}`: the file cannot be read: No such file or directory (os error 2)");
        assert_eq!(both, format!("{missing}; `{key}`: the file contains no private key in PEM"));
        for _ in 0..20 {
            watching.clock.advance(INTERVAL);
            assert!(watching.serves(&first).await, "the old one stays");
        }
        assert_eq!(watching.reloads("error").await, "2");

        watching.files.write(&second);
        watching.until_it_serves(&second).await;
        watching.clock.advance(INTERVAL);
        assert_eq!(watching.health().await, ("healthy".to_owned(), String::new()));
        assert_eq!((watching.reloads("ok").await, watching.reloads("error").await), ("1".to_owned(), "2".to_owned()));
    });
    let said = |text: &str| {
        let said =
            lines.iter().filter(|line| line.of == "routekit" && line.fields.iter().any(|field| field.contains(text)));
        said.count()
    };
    assert_eq!(said("message=the TLS certificate cannot be replaced; the old one stays in use"), 2, "{lines:#?}");
    assert_eq!(said("message=the TLS certificate was read again; new connections use it"), 1, "{lines:#?}");
}
