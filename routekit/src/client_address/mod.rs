//! The address of a client, also behind proxies.
//!
//! 1. The address is that of the connection, unless it is the address of a trusted proxy: the setting
//!    `trusted_proxies`, or [`App::trusted_proxies`](crate::App::trusted_proxies). Headers of other peers are ignored,
//!    because anyone can write them.
//! 2. Behind a trusted proxy it is the rightmost address of `Forwarded` (RFC 7239) or `X-Forwarded-For` that is not a
//!    trusted proxy itself. Entries further left come from the client, which may have made them up. If all addresses
//!    are trusted, it is the leftmost. Several lines of a header are one list.
//! 3. If an entry on the way is not an IP address (`unknown`, `_hidden`, garbage), if the header is malformed, or if a
//!    request has both headers and they do not name the same client, the address is that of the connection. A proxy
//!    that writes one of the headers often passes on the other as it came.
//! 4. An IPv4-mapped IPv6 address is the IPv4 address.
//! 5. A connection without an IP address, such as one over a Unix socket, is a proxy's if `trusted_proxies` contains
//!    `unix`. Otherwise its client has no address.
//!
//! [`ClientAddress`] is an extractor, also in hand-written routers of an app. [Rate limits](crate::rate_limit) count
//! by the same address.
//!
//! A server of your own must pass on the addresses of its connections: axum's
//! `into_make_service_with_connect_info::<SocketAddr>()`. [`App::serve`](crate::App::serve) does.
//!
//! What breaks it: a range in `trusted_proxies` that includes clients, a trusted proxy that passes on `X-Forwarded-For`
//! without adding its own client (trust the proxy in front of it as well), and a proxy that is missing in the list, for
//! which all its clients are one.

mod cidr;
mod extract;
mod forwarded;
mod trusted_proxies;

pub use self::{
    cidr::{Cidr, CidrError},
    extract::{ClientAddress, ClientAddressRejection},
    trusted_proxies::TrustedProxies,
};
