//! A merged gRPC service: frames and trailers pass unchanged, unary and streaming, as a tonic router would send them.

use axum::{Router, body::Body, extract::Request, response::Response, routing::post};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use routekit::prelude::*;
use tokio::sync::mpsc;

use crate::wire;

#[get("/g/ours")]
async fn ours() -> &'static str {
    "ours"
}

fn status(code: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(http::HeaderName::from_static("grpc-status"), HeaderValue::from_static(code))])
}

fn answer(body: Body) -> Response {
    Response::builder().header("content-type", "application/grpc").body(body).unwrap()
}

/// One message in, one out, then trailers.
async fn unary(request: Request) -> Response {
    let message = request.into_body().collect().await.unwrap().to_bytes();
    let frames = [Ok::<_, std::io::Error>(Frame::data(message)), Ok(Frame::trailers(status("0")))];
    answer(Body::new(StreamBody::new(stream::iter(frames))))
}

/// Echoes every message as it arrives, then trailers.
async fn echo(request: Request) -> Response {
    let messages = request.into_body().into_data_stream().map(|data| data.map(Frame::data));
    let frames = messages.chain(stream::iter([Ok(Frame::trailers(status("0")))]));
    answer(Body::new(StreamBody::new(frames)))
}

/// An error: no message, and the status in the head ("trailers only").
async fn unimplemented() -> Response {
    let mut response = answer(Body::empty());
    response.headers_mut().extend(status("12"));
    response
}

fn app() -> App {
    let service = Router::new()
        .route("/shop.Orders/Get", post(unary))
        .route("/shop.Orders/Echo", post(echo))
        .fallback(unimplemented);
    App::with_routes(routes![ours]).merge(service)
}

fn request(app: &wire::Running, method: &str, body: Body) -> http::Request<Body> {
    http::Request::post(format!("http://{}/shop.Orders/{method}", app.addr))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(body)
        .unwrap()
}

#[tokio::test]
async fn unary_calls_pass_unchanged() {
    let app = wire::run(app()).await;
    let mut connection = app.http2_connection().await;
    let response = connection.send_request(request(&app, "Get", Body::from("\0\0\0\0\x02hi"))).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "application/grpc");
    let body = response.into_body().collect().await.unwrap();
    assert_eq!(body.trailers().unwrap()["grpc-status"], "0");
    assert_eq!(body.to_bytes(), "\0\0\0\0\x02hi");

    let response = connection.send_request(request(&app, "Nothing", Body::empty())).await.unwrap();
    assert_eq!(
        (response.status(), &response.headers()["grpc-status"]),
        (StatusCode::OK, &HeaderValue::from_static("12"))
    );
}

#[tokio::test]
async fn bidirectional_streams_pass_unbuffered() {
    let app = wire::run(app()).await;
    let mut connection = app.http2_connection().await;
    let (sender, receiver) = mpsc::unbounded_channel::<Bytes>();
    let messages = stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|message| (Ok::<_, std::io::Error>(message), receiver))
    });
    let response = connection.send_request(request(&app, "Echo", Body::from_stream(messages))).await.unwrap();
    let mut body = response.into_body();
    for message in ["one", "two", "three"] {
        // Sent only after the previous message came back, so nothing buffers in between.
        sender.send(Bytes::from(message)).unwrap();
        let frame = body.frame().await.unwrap().unwrap();
        assert_eq!(frame.data_ref().unwrap(), message);
    }
    drop(sender);
    let trailers = body.frame().await.unwrap().unwrap().into_trailers().unwrap();
    assert_eq!(trailers["grpc-status"], "0");
}
