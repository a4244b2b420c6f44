//! Shutdown: how a served app stops, and how handlers learn of it.
//!
//! ```
//! use std::convert::Infallible;
//!
//! use futures_util::{StreamExt as _, stream};
//! use routekit::{
//!     axum::response::sse::{Event, Sse},
//!     prelude::*,
//!     shutdown::Shutdown,
//!     test::TestApp,
//! };
//!
//! // A stream that ends by itself when the app stops.
//! #[get("/ticks")]
//! async fn ticks(shutdown: Dep<Shutdown>) -> Sse<impl stream::Stream<Item = Result<Event, Infallible>>> {
//!     let ticks = stream::iter([Ok(Event::default().data("tick"))]).chain(stream::pending());
//!     Sse::new(ticks.take_until(shutdown.closing()))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let app = App::with_routes(routes![ticks]);
//! let shutdown = app.shutdown();
//! let app = TestApp::new(app);
//! shutdown.begin("the test ends");
//! assert_eq!(app.get("/ticks").send().await.text(), "", "the stream does not wait for the next tick");
//! # }
//! ```
//!
//! # Phases
//!
//! A shutdown begins with SIGTERM, Ctrl-C or [`Shutdown::begin`], and has these [phases](ShutdownPhase):
//!
//! 1. **Draining**: readiness is red, so that load balancers send no new clients. The app serves on for
//!    `server.drain_delay` (5 seconds; not after Ctrl-C). HTTP/1.1 responses say `Connection: close`.
//! 2. **Closing**: the listener is closed. A connection that stays open may still send a request that is on its way,
//!    for `server.shutdown_grace` (half a second), and is then closed; HTTP/2 clients get a GOAWAY (RFC 9113 §6.8).
//!    Requests in progress finish, and so do changes in the background, such as a handler that invalidates and whose
//!    client has left. Those of a cache that the program built with a spawner of its own are not known to the app.
//! 3. WebSockets over HTTP/1.1 whose handlers still run after the grace get a Close frame with 1001, "going away"
//!    (RFC 6455 §7.4.1), as soon as the handler next reads or writes, unless it has sent one. If their client does not
//!    answer within five seconds, the handler finds the connection closed. A handler over HTTP/2 must take a
//!    [`Shutdown`] and end its WebSocket itself.
//! 4. When time is up, requests are cut off, and the log names them. `server.shutdown_deadline` (30 seconds) is the
//!    time of the whole shutdown. [Hooks](crate::App::on_shutdown) get what they may need of it, at most half of what
//!    the drain leaves.
//! 5. Hooks run in reverse order of their registration, and all of them run. Then the tasks of the app end.
//! 6. **Done**: `serve` returns `Ok` if all requests and hooks finished, else an error, so that the process exits with
//!    1.
//!
//! A second signal ends the process at once.
//!
//! In Kubernetes, `terminationGracePeriodSeconds` must be at least `server.shutdown_deadline` and five seconds. If a
//! `preStop` hook waits, add its time. See [operation](crate::guide::operation).

mod cut_off;
mod handle;
mod phase;

pub(crate) use self::{cut_off::CutOff, handle::Drain};
pub use self::{handle::Shutdown, phase::ShutdownPhase};
