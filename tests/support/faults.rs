//! Faults that replace a response of a service.

use gs_sim::Effect;

/// A status without a body.
pub fn status(status: u16) -> Effect {
    Effect::Status { status, retry_after: None, body: None, content_type: None }
}

/// A status with this body.
pub fn answer(status: u16, body: &str) -> Effect {
    Effect::Status { status, retry_after: None, body: Some(body.into()), content_type: None }
}

/// Status 200 with this body.
pub fn ok_with(body: &str) -> Effect {
    answer(200, body)
}
