//! Which pages are asked for, and as which host.

use std::{
    collections::{BTreeMap, HashSet},
    net::SocketAddr,
    panic::Location,
};

use http::{
    HeaderValue, Uri,
    uri::{Authority, PathAndQuery},
};

use crate::{
    app::mount::Candidate,
    route::{Access, Audience, Method},
    setup::{self, SetupProblem},
};

/// What a program says of warm-up.
#[derive(Debug, Default)]
pub(in crate::app) struct Wishes {
    pages: Vec<Wish>,
    hosts: Vec<Wish>,
}

/// What was said, and where.
#[derive(Debug)]
struct Wish {
    text: String,
    location: &'static Location<'static>,
}

impl Wishes {
    pub(in crate::app) fn page(&mut self, text: String, location: &'static Location<'static>) {
        self.pages.push(Wish { text, location });
    }

    pub(in crate::app) fn host(&mut self, text: String, location: &'static Location<'static>) {
        self.hosts.push(Wish { text, location });
    }
}

/// What is asked for, once it is known where the app listens.
#[derive(Debug, Clone, Default)]
pub(in crate::app) struct Plan {
    /// The program's own first: where time is short, they matter more.
    pages: Vec<Planned>,
    hosts: Vec<HeaderValue>,
}

#[derive(Debug, Clone)]
struct Planned {
    target: PathAndQuery,
    /// The one that it was named with; else all that there are.
    host: Option<HeaderValue>,
    named: bool,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Page {
    pub(super) target: PathAndQuery,
    pub(super) host: Option<HeaderValue>,
    /// Whether the program named it; else it was found, and may want more than a path.
    pub(super) named: bool,
}

/// Checks what the program says, and finds the pages.
///
/// A hand-written router does not say which paths it has: beside one, a page that no route of ours serves is asked for all the same.
pub(in crate::app) fn plan(
    wishes: &Wishes,
    candidates: &[Candidate],
    has_hand_written: bool,
    problems: &mut Vec<SetupProblem>,
) -> Plan {
    let mut plan = Plan::default();
    let routes = Routes::new(candidates);
    for wish in &wishes.pages {
        let invalid = |reason: String, nearest: Option<String>| SetupProblem::InvalidWarmUp {
            call: format!("`.warm({:?})`", wish.text),
            location: wish.location.to_string(),
            reason,
            nearest,
        };
        match page(&wish.text) {
            Ok((host, target)) => match routes.find(target.path()) {
                Found::Cached => plan.pages.push(Planned { target, host, named: true }),
                // Where it is deployed, caching was turned off; the program is right all the same.
                Found::TurnedOff => {}
                Found::Uncached { template, .. } if has_hand_written && template.contains('{') => {
                    plan.pages.push(Planned { target, host, named: true });
                }
                Found::Uncached { label, .. } => {
                    problems.push(invalid(format!("{label} declares no `cache(…)`, so nothing would be kept"), None));
                }
                Found::Nothing if has_hand_written => plan.pages.push(Planned { target, host, named: true }),
                Found::Nothing => {
                    let nearest = setup::nearest(target.path(), routes.cached());
                    problems.push(invalid("no GET route has this path".to_owned(), nearest.map(str::to_owned)));
                }
            },
            Err(reason) => problems.push(invalid(reason, None)),
        }
    }
    for wish in &wishes.hosts {
        match host(&wish.text, None) {
            Ok(host) => plan.hosts.push(host),
            Err(reason) => problems.push(SetupProblem::InvalidWarmUp {
                call: format!("`.warm_host({:?})`", wish.text),
                location: wish.location.to_string(),
                reason: reason.to_owned(),
                nearest: None,
            }),
        }
    }
    let found = candidates.iter().filter(|candidate| is_anybodys(candidate));
    let found = found.filter_map(|candidate| PathAndQuery::try_from(candidate.path.as_str()).ok());
    plan.pages.extend(found.map(|target| Planned { target, host: None, named: false }));
    plan
}

impl Plan {
    /// Every request, of an app that listens there; each once.
    pub(super) fn pages(&self, addr: Option<SocketAddr>) -> Vec<Page> {
        let hosts: Vec<Option<HeaderValue>> = match addr {
            _ if !self.hosts.is_empty() => self.hosts.iter().cloned().map(Some).collect(),
            Some(addr) => hosts_of(addr).into_iter().map(Some).collect(),
            None => vec![None],
        };
        let mut seen = HashSet::new();
        let mut pages = Vec::new();
        for Planned { target, host, named } in &self.pages {
            let own = host.clone().map(|host| vec![Some(host)]);
            for host in own.as_ref().unwrap_or(&hosts) {
                if seen.insert((target.clone(), host.clone())) {
                    pages.push(Page { target: target.clone(), host: host.clone(), named: *named });
                }
            }
        }
        pages
    }

    /// Whether the hosts are only what can be guessed of an app that listens everywhere, where it is rarely reached by.
    pub(super) fn guesses_hosts(&self, addr: Option<SocketAddr>) -> bool {
        self.hosts.is_empty() && addr.is_some_and(|addr| addr.ip().is_unspecified())
    }
}

/// Whether everybody is given the same page, who says nothing but its path.
fn is_anybodys(candidate: &Candidate) -> bool {
    let Some(caching) = &*candidate.policies.cache else { return false };
    candidate.route.meta().method == Method::Get
        && !candidate.path.contains('{')
        && caching.audience != Some(Audience::User)
        && matches!(&*candidate.policies.access, Access::Public | Access::Optional)
}

/// The GET routes by what axum would match.
struct Routes<'a> {
    matcher: matchit::Router<Option<&'a Candidate>>,
    candidates: &'a [Candidate],
}

enum Found<'a> {
    Cached,
    TurnedOff,
    Uncached { template: &'a str, label: String },
    Nothing,
}

impl<'a> Routes<'a> {
    fn new(candidates: &'a [Candidate]) -> Self {
        // All of them: a path that has other methods alone hides a placeholder.
        let mut by_path = BTreeMap::<&str, Option<&Candidate>>::new();
        for candidate in candidates {
            let get = by_path.entry(&candidate.path).or_default();
            if candidate.route.meta().method == Method::Get {
                get.get_or_insert(candidate);
            }
        }
        let mut matcher = matchit::Router::new();
        for (path, get) in by_path {
            // What does not fit is reported elsewhere.
            let _ = matcher.insert(path, get);
        }
        Self { matcher, candidates }
    }

    fn find(&self, path: &str) -> Found<'a> {
        let Some(candidate) = self.matcher.at(path).ok().and_then(|found| *found.value) else { return Found::Nothing };
        if candidate.policies.cache.is_some() {
            return Found::Cached;
        }
        if candidate.route.meta().policies.cache.is_some() {
            return Found::TurnedOff;
        }
        Found::Uncached { template: &candidate.path, label: candidate.label() }
    }

    /// The paths that may have been meant.
    fn cached(&self) -> impl Iterator<Item = &'a str> {
        let cached = self.candidates.iter().filter(|candidate| candidate.policies.cache.is_some());
        cached.filter(|candidate| candidate.route.meta().method == Method::Get).map(|candidate| candidate.path.as_str())
    }
}

/// A path with its query, and the host where a URL says it.
fn page(text: &str) -> Result<(Option<HeaderValue>, PathAndQuery), String> {
    let uri: Uri = text.parse().map_err(|error: http::uri::InvalidUri| error.to_string())?;
    let host = match (uri.scheme_str(), uri.authority()) {
        (None, _) if text.starts_with('/') => None,
        // Clients leave out the port that goes without saying.
        (Some("http"), Some(authority)) => Some(host(authority.as_str(), Some(80))?),
        (Some("https"), Some(authority)) => Some(host(authority.as_str(), Some(443))?),
        _ => {
            return Err("wants a path as `/v2/users?page=1`, or a URL as `https://shop.example/v2/users`".to_owned());
        }
    };
    if text.contains('#') {
        return Err("no server is told what follows a `#`".to_owned());
    }
    let target = uri.path_and_query().map_or("", PathAndQuery::as_str);
    // A URL may leave out the path before its query; a client sends one (RFC 9112 §3.2.1).
    let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
    Ok((host, target.parse().map_err(|error: http::uri::InvalidUri| error.to_string())?))
}

/// What clients send as `Host`.
fn host(text: &str, usual_port: Option<u16>) -> Result<HeaderValue, &'static str> {
    const WRONG: &str = "wants a host as clients send it: `shop.example` or `localhost:3000`";
    let authority: Authority = text.parse().map_err(|_| WRONG)?;
    let host = authority.host();
    // Whatever stands before it, a user's name and password, no client sends.
    let rest = text.strip_prefix(host).filter(|_| !host.is_empty()).ok_or(WRONG)?;
    let port = match rest.strip_prefix(':') {
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => Some(port.parse().map_err(|_| WRONG)?),
        None if rest.is_empty() => None,
        _ => return Err(WRONG),
    };
    let sent = if port.is_some() && port == usual_port { host } else { text };
    HeaderValue::from_str(&sent.to_ascii_lowercase()).map_err(|_| WRONG)
}

/// What clients on this machine call an address: 127.0.0.1:3000 and localhost:3000. Nobody calls anything 0.0.0.0.
fn hosts_of(addr: SocketAddr) -> Vec<HeaderValue> {
    let (ip, port) = (addr.ip().to_canonical(), addr.port());
    let mut names = Vec::new();
    if !ip.is_unspecified() {
        names.push(if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() });
    }
    if ip.is_unspecified() || ip.is_loopback() {
        names.push("localhost".to_owned());
    }
    let with_port = |name: String| if port == 80 { name } else { format!("{name}:{port}") };
    names.into_iter().filter_map(|name| HeaderValue::try_from(with_port(name)).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_as_clients_send_them() {
        for (text, usual_port, expected) in [
            ("shop.example", None, Some("shop.example")),
            ("Shop.EXAMPLE:8080", None, Some("shop.example:8080")),
            ("shop.example:443", Some(443), Some("shop.example")),
            ("shop.example:80", Some(443), Some("shop.example:80")),
            ("[::1]:3000", None, Some("[::1]:3000")),
            ("https://shop.example", None, None),
            ("shop.example/", None, None),
            ("ann@shop.example", None, None),
            ("shop.example:", None, None),
            ("shop.example:http", None, None),
            ("shop.example:70000", None, None),
            (":80", None, None),
            ("shop example", None, None),
            ("", None, None),
        ] {
            let host = host(text, usual_port).ok();
            assert_eq!(host.as_ref().and_then(|host| host.to_str().ok()), expected, "{text}");
        }
    }

    #[test]
    fn pages_are_paths_or_urls() {
        for (text, expected) in [
            ("/v2/users?page=1", Some((None, "/v2/users?page=1"))),
            ("https://shop.example/v2/users", Some((Some("shop.example"), "/v2/users"))),
            ("http://shop.example:8080?a", Some((Some("shop.example:8080"), "/?a"))),
            ("v2/users", None),
            ("users", None),
            ("*", None),
            ("", None),
            ("ftp://shop.example/", None),
            ("/v2/users#top", None),
            ("/v2/the users", None),
        ] {
            let page = page(text).ok();
            let page =
                page.as_ref().map(|(host, target)| (host.as_ref().map(|h| h.to_str().unwrap()), target.as_str()));
            assert_eq!(page, expected, "{text}");
        }
    }

    #[test]
    fn an_address_by_its_names() {
        for (addr, expected) in [
            ("127.0.0.1:3000", &["127.0.0.1:3000", "localhost:3000"][..]),
            ("[::1]:3000", &["[::1]:3000", "localhost:3000"]),
            ("0.0.0.0:8080", &["localhost:8080"]),
            ("[::]:80", &["localhost"]),
            ("192.0.2.7:80", &["192.0.2.7"]),
        ] {
            assert_eq!(hosts_of(addr.parse().unwrap()), expected, "{addr}");
        }
    }
}
