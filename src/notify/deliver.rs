//! Brings a request to its channel.

use super::response::{ChannelRejection, RejectionCause};
use super::{Channel, ResponseCheck};
use crate::http::{self, Http, Request};

/// How often a message is sent to a channel that reports an error of its own.
const TRIES: u32 = 3;

/// Why a channel was not notified. The text has hosts at most: addresses contain keys.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// It did not answer.
    #[error("{error}; {}", error.remedy())]
    Http {
        /// Why.
        #[from]
        error: http::Error,
    },
    /// It did not accept the message.
    #[error("{0}")]
    Rejected(ChannelRejection),
}

/// Sends a message until it is accepted; returns the accepting response, such as `errcode 0`. It is only sent again if the
/// channel itself reports a temporary error: a message that may have arrived is not repeated.
pub fn deliver(http: &Http, channel: &Channel, request: &Request) -> Result<String, DeliveryError> {
    let pace = format!("notify-{}", channel.name);
    let mut try_number = 1;
    loop {
        let response = http.send(&pace, request)?;
        let refusal = match channel.response.check(channel, &response) {
            Ok(said) => return Ok(said),
            Err(refusal) => refusal,
        };
        let says_so = matches!(channel.response, ResponseCheck::Code { .. }) && (200..300).contains(&response.status);
        if refusal.why != RejectionCause::Busy || !says_so || try_number >= TRIES {
            return Err(DeliveryError::Rejected(refusal));
        }
        try_number += 1;
        http.wait_to_retry(try_number)?;
    }
}
