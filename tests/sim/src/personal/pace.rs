//! The limit of requests.

use super::error;
use crate::http::Response;
use crate::state::State;

/// The latest requests of an account.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    /// When they were.
    recent: Vec<i64>,
    /// Until when everything is refused.
    until: i64,
}

/// Counts a request of an account. Returns the refusal if it is one too many. Nobody knows whether the service counts by
/// account or by address, and whether a refused request makes the pause longer; here it does not.
pub fn check(state: &mut State, account: usize) -> Option<Response> {
    let burst = state.scenario.personal.burst.clone();
    let most = burst.requests?;
    let now = state.now();
    let pace = state.personal.paces.entry(account).or_default();
    if now >= pace.until {
        pace.recent.retain(|at| now - at < burst.seconds);
        if pace.recent.len() < most {
            pace.recent.push(now);
            return None;
        }
        pace.recent.clear();
        pace.until = now + burst.retry_after;
    }
    let wait = (pace.until - now).max(1).to_string();
    Some(error(429, "TooManyRequestsException").with("retry-after", &wait).note("too many requests at once"))
}
