//! The log of retries.

use std::{io, time::Duration};

use routekit::retry::Retry;

use crate::logs::caught;

#[test]
fn each_retry_logs_one_line() {
    for failures in 0..3 {
        let retry = Retry::new().base_delay(Duration::ZERO);
        let mut attempts = 0;
        let call = retry.call_idempotent(|| {
            attempts += 1;
            let result = if attempts > failures { Ok(()) } else { Err(io::Error::other("boom")) };
            async { result }
        });
        let (result, lines) = caught(call);
        result.unwrap();
        let said: Vec<String> = lines.iter().map(|line| line.fields.join(" ")).collect();
        let expected = ["message=retrying call attempt=2 delay=0ns", "message=retrying call attempt=3 delay=0ns"];
        assert_eq!(said, expected[..failures]);
        assert!(lines.iter().all(|line| line.of == "routekit::retry"), "{lines:?}");
    }
}
