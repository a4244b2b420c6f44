//! The curl lines of a document, and what it says that they print.

use reqwest::{Client, Method, Version};

/// A line `$ curl …` of a `text` block, and the lines below it. `…` in these stands for any text.
pub(crate) struct CurlLine {
    command: String,
    printed: Vec<String>,
}

impl CurlLine {
    /// All of a document, in its order.
    pub(crate) fn all_of(document: &str) -> Vec<Self> {
        let mut lines: Vec<Self> = Vec::new();
        // The last one, up to the end of its block.
        let mut current: Option<Self> = None;
        let mut is_text = false;
        for line in document.lines() {
            if line.starts_with("```") {
                is_text = line == "```text";
                lines.extend(current.take());
            } else if is_text && let Some(command) = line.strip_prefix("$ curl ") {
                lines.extend(current.replace(Self { command: command.to_owned(), printed: Vec::new() }));
            } else if !line.is_empty()
                && let Some(current) = &mut current
            {
                current.printed.push(line.to_owned());
            }
        }
        lines
    }

    /// Sends the request, with these servers in place of those of the document, and compares what it prints.
    pub(crate) async fn check(&self, servers: &[(&str, &str)]) {
        let printed = self.send(servers).await;
        assert_eq!(printed.len(), self.printed.len(), "curl {}\nprints: {printed:#?}", self.command);
        for (line, expected) in printed.iter().zip(&self.printed) {
            assert!(matches(line, expected), "curl {}\nprints:   {line}\nexpected: {expected}", self.command);
        }
    }

    /// The printed lines. Knows `-s`, `-i`, `-H`, `-d`, `-X` and a `grep` with one `.*`.
    async fn send(&self, servers: &[(&str, &str)]) -> Vec<String> {
        let words = words(&self.command);
        let (command, filter) = match words.iter().position(|word| word == "|") {
            Some(pipe) => (&words[..pipe], Some(words[pipe + 2].split(".*").collect::<Vec<_>>())),
            None => (&words[..], None),
        };
        let (mut method, mut url, mut headers, mut body, mut with_head) = (None, None, Vec::new(), None, false);
        let mut command = command.iter();
        while let Some(word) = command.next() {
            let mut value = || command.next().expect("the option has a value");
            match word.as_str() {
                "-s" => {}
                "-si" | "-i" => with_head = true,
                "-X" => method = Some(value().parse().unwrap()),
                "-H" => headers.push(value().split_once(": ").expect("a header has a name and a value")),
                "-d" => body = Some(value().clone()),
                address => {
                    assert!(!address.starts_with('-'), "{address} is not known here");
                    url = Some(address);
                }
            }
        }
        let (host, path) = url.expect("there is an address").split_once('/').unwrap();
        let server = servers.iter().find(|(named, _)| *named == host).expect("the address is of a known server").1;
        let default = if body.is_some() { Method::POST } else { Method::GET };
        let mut request = Client::new().request(method.unwrap_or(default), format!("http://{server}/{path}"));
        request = request.version(Version::HTTP_11);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let response = request.body(body.unwrap_or_default()).send().await.unwrap();
        let head = response.headers().iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()));
        let mut printed: Vec<String> = if with_head { head.collect() } else { Vec::new() };
        printed.extend(response.text().await.unwrap().lines().map(str::to_owned));
        if let Some(filter) = filter {
            printed.retain(|line| contains(line, &filter).is_some());
            // Metrics have no order.
            printed.sort_unstable();
        }
        printed
    }
}

/// The words of a shell's line with single quotes.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('\'').enumerate().flat_map(|(index, part)| match index % 2 {
        0 => part.split_whitespace().collect(),
        _ => vec![part],
    });
    parts.map(str::to_owned).collect()
}

/// What is left of the line after these parts, in their order.
fn contains<'a>(line: &'a str, parts: &[&str]) -> Option<&'a str> {
    parts.iter().try_fold(line, |rest, part| rest.split_once(part).map(|(_, rest)| rest))
}

fn matches(line: &str, expected: &str) -> bool {
    let mut parts: Vec<&str> = expected.split('…').collect();
    let (first, last) = (parts.remove(0), parts.pop());
    let Some(rest) = line.strip_prefix(first) else { return false };
    match last {
        None => rest.is_empty(),
        Some(last) => contains(rest, &parts).is_some_and(|rest| rest.ends_with(last)),
    }
}
