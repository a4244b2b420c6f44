//! Streams that live long: server-sent events and WebSockets.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::ws::{Message, WebSocketUpgrade},
    response::{
        Response,
        sse::{Event, Sse},
    },
};
use futures_util::{SinkExt, Stream, StreamExt, stream};
use routekit::{prelude::*, shutdown::Shutdown};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::{self, protocol::frame::coding::CloseCode};

use super::{Gate, ended, run};
use crate::wire::Running;

type Events = Result<Event, Infallible>;

#[get("/sd/events")]
async fn events(shutdown: Dep<Shutdown>) -> Sse<impl Stream<Item = Events>> {
    let events = stream::iter([Ok(Event::default().data("one"))]).chain(stream::pending());
    Sse::new(events.take_until(shutdown.closing()))
}

/// Knows nothing of shutdowns.
#[get("/sd/echo")]
async fn echo(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(|mut socket| async move {
        while let Some(Ok(Message::Text(text))) = socket.recv().await {
            if socket.send(Message::Text(text)).await.is_err() {
                break;
            }
        }
    })
}

/// Says goodbye itself.
#[get("/sd/polite")]
async fn polite(upgrade: WebSocketUpgrade, shutdown: Dep<Shutdown>) -> Response {
    upgrade.on_upgrade(move |mut socket| async move {
        shutdown.closing().await;
        let _ = socket.send(Message::Text("goodbye".into())).await;
        let _ = socket.send(Message::Close(None)).await;
        while let Some(Ok(_)) = socket.recv().await {}
    })
}

/// Never reads, and never ends.
#[get("/sd/deaf")]
async fn deaf(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(|socket| async move {
        let _socket = socket;
        std::future::pending::<()>().await;
    })
}

/// Only writes.
#[get("/sd/ticks")]
async fn ticks(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(|mut socket| async move {
        while socket.send(Message::Text("tick".into())).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
}

/// Writes more than the sockets hold.
#[get("/sd/flood")]
async fn flood(upgrade: WebSocketUpgrade, gate: Dep<Gate>) -> Response {
    upgrade.on_upgrade(move |mut socket| async move {
        let message = Message::Binary(vec![0; 64 << 20].into());
        gate.entered.notify_one();
        while socket.send(message.clone()).await.is_ok() {}
    })
}

fn app() -> App {
    app_with(Arc::default())
}

fn app_with(gate: Arc<Gate>) -> App {
    let app = App::with_routes(routes![events, echo, polite, deaf, ticks, flood]).provide_shared(gate);
    app.configure(|config| config.set_server_shutdown_grace(Duration::from_millis(20)))
}

async fn websocket(
    app: &Running,
    path: &str,
) -> tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<TcpStream>> {
    let url = format!("ws://{}{path}", app.addr);
    tokio_tungstenite::connect_async(url).await.unwrap().0
}

/// A WebSocket as its bytes.
async fn raw_websocket(app: &Running, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(app.addr).await.unwrap();
    stream
        .write_all(
            format!(
                "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
              sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            )
            .as_bytes(),
        )
        .await
        .unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101 "));
    stream
}

#[tokio::test]
async fn stream_that_is_told_ends_by_itself() {
    let mut app = run(app()).await;
    let mut stream = TcpStream::connect(app.addr).await.unwrap();
    stream.write_all(b"GET /sd/events HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut text = String::new();
    while !text.contains("data: one") {
        text.push(char::from(stream.read_u8().await.unwrap()));
    }
    app.stop();
    stream.read_to_string(&mut text).await.unwrap();
    assert!(text.ends_with("0\r\n\r\n"), "the stream is complete: {text}");
    ended(app).await.unwrap();
}

#[tokio::test]
async fn websocket_whose_handler_is_not_told_gets_a_close_frame() {
    let mut app = run(app()).await;
    let mut socket = websocket(&app, "/sd/echo").await;
    socket.send(tungstenite::Message::text("a")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap().into_text().unwrap().as_str(), "a");
    app.stop();
    let tungstenite::Message::Close(Some(frame)) = socket.next().await.unwrap().unwrap() else { panic!("no frame") };
    assert_eq!(frame.code, CloseCode::Away);
    assert!(socket.next().await.is_none(), "the client answers, and the server closes the connection");
    ended(app).await.unwrap();
}

#[tokio::test]
async fn handler_that_is_told_sends_its_own_last_frames() {
    let mut app = run(app()).await;
    let mut socket = websocket(&app, "/sd/polite").await;
    app.stop();
    let text = socket.next().await.unwrap().unwrap();
    assert_eq!(text.into_text().unwrap().as_str(), "goodbye");
    assert!(matches!(socket.next().await.unwrap().unwrap(), tungstenite::Message::Close(None)));
    ended(app).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn websocket_whose_client_does_not_answer_ends_for_its_handler() {
    let mut app = run(app()).await;
    let mut stream = raw_websocket(&app, "/sd/echo").await;
    app.stop();
    ended(app).await.unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, [0x88, 2, 0x03, 0xe9]);
}

#[tokio::test(start_paused = true)]
async fn websocket_whose_handler_never_ends_is_cut_off() {
    let mut app = run(app()).await;
    let socket = websocket(&app, "/sd/deaf").await;
    app.stop();
    let error = ended(app).await.unwrap_err().to_string();
    assert_eq!(error, "cut off because they did not end in time: 1 open connection");
    drop(socket);
}

#[tokio::test(start_paused = true)]
async fn websocket_whose_handler_only_writes_ends() {
    let mut app = run(app()).await;
    let mut socket = websocket(&app, "/sd/ticks").await;
    app.stop();
    let messages: Vec<_> = (&mut socket).take_while(|message| std::future::ready(message.is_ok())).collect().await;
    assert!(messages.iter().any(|message| matches!(message, Ok(tungstenite::Message::Close(Some(_))))));
    ended(app).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn websocket_whose_handler_waits_for_room_ends() {
    let gate = Arc::new(Gate::default());
    let mut app = run(app_with(Arc::clone(&gate))).await;
    let stream = raw_websocket(&app, "/sd/flood").await;
    gate.entered.notified().await;
    app.stop();
    ended(app).await.unwrap();
    drop(stream);
}
