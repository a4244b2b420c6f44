//! Both halves of a measurement: the server's process, and the client that it starts.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::Command,
};

use tokio::{net::TcpListener, runtime::Runtime, sync::oneshot};

const BODY: &str = r#"{"name":"Ann","email":"ann@example.com","age":30}"#;

/// `PROGRAM CASE REQUESTS`: serves on a free port and starts itself again as the client, which sends that many
/// requests of one case. Ends when the client ends.
///
/// `PROGRAM serve ADDR`: only serves, for `throughput`, on tokio's usual runtime.
pub(crate) fn run<F: Future<Output = ()>>(serve: impl FnOnce(TcpListener) -> F) {
    let mut arguments = std::env::args();
    let program = arguments.next().expect("the path of this program");
    let arguments: Vec<String> = arguments.filter(|argument| !argument.starts_with("--")).collect();
    match arguments.as_slice() {
        [serve_only, addr] if serve_only == "serve" => Runtime::new().unwrap().block_on(async {
            serve(TcpListener::bind(addr).await.unwrap()).await;
        }),
        [case, count] => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
            let addr = listener.local_addr().unwrap().to_string();
            let mut client = Command::new(program).args([case, count, &addr]).spawn().unwrap();
            // Waited for on a thread of its own, which is not counted. `tokio::process` would work in the counted one.
            let (ended, end) = oneshot::channel();
            std::thread::spawn(move || ended.send(client.wait().unwrap().success()));
            measured(&runtime, serve(listener), end);
        }
        [case, count, addr] => client(case, count.parse().expect("a number"), addr.parse().expect("an address")),
        // `cargo bench` runs every bench without arguments.
        _ => {}
    }
}

/// `instructions` counts this function and nothing outside it.
#[inline(never)]
fn measured(runtime: &Runtime, server: impl Future<Output = ()>, end: oneshot::Receiver<bool>) {
    runtime.block_on(async {
        tokio::select! {
            () = server => panic!("the server ended"),
            succeeded = end => assert!(succeeded.unwrap(), "the client failed"),
        }
    });
}

/// Sends the requests one after the other, and reads each response to its end. All on one connection, or in the case
/// `connect` each on its own.
fn client(case: &str, count: usize, addr: SocketAddr) {
    let head = "host: localhost\r\nuser-agent: bench\r\naccept: */*\r\n";
    let length = BODY.len();
    let (request, page) = match case {
        "bytes" | "connect" => (format!("GET /bytes HTTP/1.1\r\n{head}\r\n"), false),
        "page" => (format!("GET /page HTTP/1.1\r\n{head}\r\n"), true),
        "hit" => (format!("GET /hit HTTP/1.1\r\n{head}\r\n"), true),
        "post" => {
            let entity = format!("content-type: application/json\r\ncontent-length: {length}\r\n\r\n{BODY}");
            (format!("POST /users HTTP/1.1\r\n{head}{entity}"), false)
        }
        other => panic!("no case {other}"),
    };
    let connect = || {
        let stream = TcpStream::connect(addr).unwrap();
        stream.set_nodelay(true).unwrap();
        BufReader::new(stream)
    };
    let mut reader = connect();
    let mut body = Vec::new();
    for number in 0..count {
        if case == "connect" && number > 0 {
            reader = connect();
        }
        reader.get_mut().write_all(request.as_bytes()).unwrap();
        body.resize(response_head(&mut reader), 0);
        reader.read_exact(&mut body).unwrap();
        assert_eq!(body.len() > 1000, page, "{case}");
    }
}

/// Reads the head of a response with status 200; returns its `Content-Length`.
fn response_head(reader: &mut impl BufRead) -> usize {
    let (mut line, mut length) = (String::new(), None);
    reader.read_line(&mut line).unwrap();
    assert!(line.starts_with("HTTP/1.1 200"), "{line}");
    loop {
        line.clear();
        reader.read_line(&mut line).unwrap();
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse().ok(),
            Some(_) => {}
            None => return length.expect("a response with a length"),
        }
    }
}
