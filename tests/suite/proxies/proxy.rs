//! nginx and Varnish as caches in front of an app, with the settings that an operator would begin with.

use std::{
    fmt,
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use crate::support::{Process, free_port, temporary, tool, until};

#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Nginx,
    Varnish,
}

pub(super) const KINDS: [Kind; 2] = [Kind::Nginx, Kind::Varnish];

/// A caching proxy that listens.
pub(super) struct Proxy {
    pub(super) addr: SocketAddr,
    _process: Process,
}

impl Proxy {
    /// Starts a proxy in front of `upstream`. `None` if the program is not there.
    pub(super) async fn start(kind: Kind, upstream: SocketAddr) -> Option<Self> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let dir = temporary(&format!("proxy-{}", NUMBER.fetch_add(1, Ordering::Relaxed)));
        let addr = free_port();
        let mut command = match kind {
            Kind::Nginx => nginx(&dir, addr, upstream)?,
            Kind::Varnish => varnish(&dir, addr, upstream)?,
        };
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let process = Process::new(child);
        until(&format!("{kind} to listen"), || TcpStream::connect(addr).is_ok()).await;
        Some(Self { addr, _process: process })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nginx => "nginx",
            Self::Varnish => "Varnish",
        })
    }
}

/// Stores every response for 25 seconds that does not say otherwise, as nginx's documentation shows it.
fn nginx(dir: &Path, addr: SocketAddr, upstream: SocketAddr) -> Option<Command> {
    let program = tool("nginx")?;
    let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("    {name}_temp_path {}/{name};\n", dir.display()))
        .concat();
    let dir = dir.display();
    let config = format!(
        "daemon off;\nmaster_process off;\npid {dir}/pid;\nerror_log {dir}/error.log;\nevents {{}}\nhttp {{\n{paths}
    access_log off;
    client_max_body_size 10m;
    proxy_cache_path {dir}/cache keys_zone=pages:1m;
    upstream app {{ server {upstream}; keepalive 4; }}
    server {{
        listen {addr};
        location / {{
            proxy_pass http://app;
            proxy_http_version 1.1;
            proxy_set_header Connection '';
            proxy_set_header Host $http_host;
            proxy_cache pages;
            proxy_cache_valid any 25s;
        }}
    }}
}}\n"
    );
    let file = format!("{dir}/nginx.conf");
    std::fs::write(&file, config).unwrap();
    let mut command = Command::new(program);
    command.args(["-p", &dir.to_string(), "-c", &file, "-e", &format!("{dir}/error.log")]);
    Some(command)
}

/// Without grace, which gives out stale responses by intent. `BAN` with a tag removes what carries it.
fn varnish(dir: &Path, addr: SocketAddr, upstream: SocketAddr) -> Option<Command> {
    let program = tool("varnishd")?;
    let vcl = format!(
        "vcl 4.1;
backend default {{ .host = \"{}\"; .port = \"{}\"; }}
sub vcl_recv {{
    if (req.method == \"BAN\") {{
        ban(\"obj.http.Cache-Tag ~ \" + req.http.X-Tag);
        return (synth(200));
    }}
}}\n",
        upstream.ip(),
        upstream.port()
    );
    let file = dir.join("default.vcl");
    std::fs::write(&file, vcl).unwrap();
    let mut command = Command::new(program);
    command
        .args(["-F", "-a", &addr.to_string(), "-s", "malloc,16m", "-p", "default_grace=0"])
        .args(["-p", "cc_command=exec cc -fpic -shared -o %o %s"])
        .arg("-n")
        .arg(dir.join("work"))
        .arg("-f")
        .arg(file);
    Some(command)
}
