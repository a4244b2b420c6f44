//! The end of a WebSocket over HTTP/1.1 whose handler does not end it.
//!
//! The handler has the stream, and any library may write the frames. So the stream follows the frames that the handler
//! writes, and adds a Close frame between two of them. What the handler writes afterwards is dropped: no frame may
//! follow (RFC 6455 §5.5.1). The handler still reads the Close frame with which the client answers.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use hyper::rt::Write;

/// A Close frame with 1001, "going away" (RFC 6455 §5.5.1, §7.4.1).
const GOING_AWAY: [u8; 4] = [0x88, 2, 0x03, 0xe9];

/// The opcode of a Close frame (RFC 6455 §5.2).
const CLOSE: u8 = 8;

/// The end of the head of the 101 response.
const END_OF_HEAD: &[u8; 4] = b"\r\n\r\n";

/// The longest header of a frame (RFC 6455 §5.2).
const LONGEST_HEADER: usize = 14;

/// What the server writes on a connection that becomes a WebSocket.
#[derive(Debug)]
pub(super) struct OutgoingFrames {
    at: FramePosition,
    /// Whether the handler has written a Close frame.
    handler_closed: bool,
    /// The bytes of [`GOING_AWAY`] that were written.
    going_away: usize,
}

#[derive(Debug)]
enum FramePosition {
    /// In the head of the response, with this many bytes of its end.
    Head(usize),
    /// In the header of a frame.
    Header { bytes: [u8; LONGEST_HEADER], length: usize },
    /// With this many bytes of the frame left.
    Payload(u64),
}

impl FramePosition {
    const BETWEEN_FRAMES: Self = Self::Header { bytes: [0; LONGEST_HEADER], length: 0 };
}

impl Default for OutgoingFrames {
    fn default() -> Self {
        Self { at: FramePosition::Head(0), handler_closed: false, going_away: 0 }
    }
}

impl OutgoingFrames {
    /// Follows bytes that were written.
    pub(super) fn wrote(&mut self, mut bytes: &[u8]) {
        while let Some((&first, rest)) = bytes.split_first() {
            match &mut self.at {
                FramePosition::Head(matched) => {
                    *matched = match first {
                        byte if byte == END_OF_HEAD[*matched] => *matched + 1,
                        b'\r' => 1,
                        _ => 0,
                    };
                    if *matched == END_OF_HEAD.len() {
                        self.at = FramePosition::BETWEEN_FRAMES;
                    }
                    bytes = rest;
                }
                FramePosition::Header { bytes: header, length } => {
                    header[*length] = first;
                    *length += 1;
                    if let Some(payload) = payload_length(&header[..*length]) {
                        self.handler_closed |= header[0] & 0x0f == CLOSE;
                        self.at =
                            if payload == 0 { FramePosition::BETWEEN_FRAMES } else { FramePosition::Payload(payload) };
                    }
                    bytes = rest;
                }
                FramePosition::Payload(left) => {
                    let taken = usize::try_from(*left).map_or(bytes.len(), |left| left.min(bytes.len()));
                    *left -= taken as u64;
                    if *left == 0 {
                        self.at = FramePosition::BETWEEN_FRAMES;
                    }
                    bytes = &bytes[taken..];
                }
            }
        }
    }

    /// Whether the Close frame was written, so that nothing may follow.
    pub(super) fn is_closed(&self) -> bool {
        self.going_away == GOING_AWAY.len()
    }

    /// Writes the Close frame, if the handler is between two frames and has not written one.
    pub(super) fn poll_close(&mut self, mut stream: Pin<&mut impl Write>, cx: &mut Context<'_>) {
        let is_between = matches!(self.at, FramePosition::Header { length: 0, .. });
        if self.handler_closed || !is_between {
            return;
        }
        while !self.is_closed() {
            let Poll::Ready(written) = stream.as_mut().poll_write(cx, &GOING_AWAY[self.going_away..]) else { return };
            match written {
                Ok(written) if written > 0 => self.going_away += written,
                // The client has left, and gets nothing more.
                _ => self.going_away = GOING_AWAY.len(),
            }
        }
        let _: Poll<io::Result<()>> = stream.poll_flush(cx);
    }

    /// Whether the handler must wait until the rest of the Close frame is written.
    pub(super) fn is_closing(&self) -> bool {
        self.going_away > 0 && !self.is_closed()
    }
}

/// The number of bytes that follow a frame's header, once the header is complete (RFC 6455 §5.2).
fn payload_length(header: &[u8]) -> Option<u64> {
    let second = *header.get(1)?;
    let extended = match second & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    // A server does not mask its frames, but a library may.
    let mask = if second & 0x80 == 0 { 0 } else { 4 };
    let header = (header.len() == 2 + extended + mask).then_some(header)?;
    let length = &header[2..2 + extended];
    let extended_length = length.iter().fold(0, |length, byte| length << 8 | u64::from(*byte));
    Some(if extended == 0 { u64::from(second & 0x7f) } else { extended_length })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n";

    fn is_between(frames: &OutgoingFrames) -> bool {
        matches!(frames.at, FramePosition::Header { length: 0, .. })
    }

    #[test]
    fn end_of_each_frame_is_found_in_pieces_of_any_size() {
        let long = [[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 5].as_slice(), &[7; 0x1_0005]].concat();
        let medium = [[0x81, 126, 1, 0].as_slice(), &[7; 256]].concat();
        let masked = vec![0x81, 0x82, 1, 2, 3, 4, 9, 9];
        for frame in [long, medium, masked, vec![0x89, 0], vec![0x81, 1, b'a']] {
            for piece in [1, 3, 4096] {
                let mut frames = OutgoingFrames::default();
                frames.wrote(HEAD);
                assert!(is_between(&frames));
                let (rest, last) = frame.split_at(frame.len() - 1);
                rest.chunks(piece).for_each(|bytes| {
                    frames.wrote(bytes);
                    assert!(!is_between(&frames));
                });
                frames.wrote(last);
                assert!(is_between(&frames) && !frames.handler_closed, "{:?}", &frame[..2]);
            }
        }
    }

    #[test]
    fn close_frame_of_the_handler_is_noticed() {
        let mut frames = OutgoingFrames::default();
        frames.wrote(&[HEAD, &[0x88, 2, 3, 0xe8]].concat());
        assert!(frames.handler_closed);
    }
}
