//! Headless Chromium, driven through its DevTools protocol.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use crate::support::{Process, temporary, tool};

const PATIENCE: Duration = Duration::from_secs(30);

/// A browser with one tab.
pub(crate) struct Browser {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    session: Option<String>,
    sent: u64,
    /// Everything that the tab has reported.
    events: Vec<Value>,
    _process: Process,
}

impl Browser {
    /// `None` if there is no Chromium.
    pub(crate) async fn start(name: &str) -> Option<Self> {
        let program = tool("chromium-headless-shell")?;
        let mut command = Command::new(program);
        // The sandbox needs rights that a container does not have. The only page is ours.
        command.args(["--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-port=0"]);
        command.arg(format!("--user-data-dir={}", temporary(name).display())).arg("about:blank");
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let process = Process::new(child);
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("DevTools listening on ").map(str::to_owned));
        // The browser must not block on a full pipe.
        thread::spawn(move || lines.for_each(drop));
        let (socket, _) = connect_async(address.expect("Chromium names its port")).await.unwrap();
        let mut browser = Self { socket, session: None, sent: 0, events: Vec::new(), _process: process };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" })).await;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = browser.call("Target.attachToTarget", attach).await;
        browser.session = Some(attached["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({})).await;
        }
        Some(browser)
    }

    /// Calls a method, and returns its result.
    pub(crate) async fn call(&mut self, method: &str, params: Value) -> Value {
        self.sent += 1;
        let mut message = json!({ "id": self.sent, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(message.to_string())).await.unwrap();
        let answered = async {
            loop {
                let Message::Text(text) = self.socket.next().await.unwrap().unwrap() else { continue };
                let message: Value = serde_json::from_str(&text).unwrap();
                if message["id"] == self.sent {
                    assert!(message["error"].is_null(), "{method}: {message}");
                    return message["result"].clone();
                }
                self.events.push(message);
            }
        };
        tokio::time::timeout(PATIENCE, answered).await.unwrap_or_else(|_| panic!("{method} takes too long"))
    }

    /// The value of an expression in the page.
    pub(crate) async fn value(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let evaluated = self.call("Runtime.evaluate", params).await;
        assert!(evaluated["exceptionDetails"].is_null(), "{expression}: {evaluated}");
        evaluated["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    pub(crate) async fn until(&mut self, expression: &str) {
        let start = tokio::time::Instant::now();
        while self.value(expression).await != true {
            assert!(start.elapsed() < PATIENCE, "{expression} stays false");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Presses a key.
    pub(crate) async fn press(&mut self, key: &str, text: Option<&str>) {
        for kind in ["keyDown", "keyUp"] {
            let code = if key == "Tab" { 9 } else { 13 };
            let mut params = json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code });
            if let (Some(text), "keyDown") = (text, kind) {
                params["text"] = json!(text);
            }
            self.call("Input.dispatchKeyEvent", params).await;
        }
    }

    pub(crate) async fn resize(&mut self, width: u32, height: u32) {
        let params = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", params).await;
    }

    pub(crate) async fn colour_scheme(&mut self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// Writes a picture of the whole page for people to look at.
    pub(crate) async fn picture(&mut self, name: &str) {
        let picture = self.call("Page.captureScreenshot", json!({ "captureBeyondViewport": true })).await;
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("live-page");
        std::fs::create_dir_all(&dir).unwrap();
        let bytes = STANDARD.decode(picture["data"].as_str().unwrap()).unwrap();
        std::fs::write(dir.join(format!("{name}.png")), bytes).unwrap();
    }

    /// What the console shows: messages of the page, of the browser, and exceptions.
    pub(crate) fn console(&self) -> Vec<&Value> {
        const SHOWN: [&str; 3] = ["Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"];
        self.events.iter().filter(|event| SHOWN.iter().any(|shown| event["method"] == *shown)).collect()
    }

    /// The last server-sent event.
    pub(crate) fn last_event(&self) -> Value {
        let mut received = self.events.iter().rev();
        let last = received.find(|event| event["method"] == "Network.eventSourceMessageReceived").unwrap();
        serde_json::from_str(last["params"]["data"].as_str().unwrap()).unwrap()
    }

    /// The URLs of all requests of the page.
    pub(crate) fn requested(&self) -> Vec<&str> {
        let sent = self.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        sent.map(|event| event["params"]["request"]["url"].as_str().unwrap()).collect()
    }
}
