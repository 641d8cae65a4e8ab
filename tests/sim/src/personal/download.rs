//! Original downloads.

use super::missing;
use crate::garmin;
use crate::http::Response;
use crate::state::State;

/// The original of an activity, the same zip as from connectapi; for a leg, the file of the whole activity. Nobody has
/// reported the response for an activity that was entered by hand.
pub fn original(state: &State, account: usize, text: &str) -> Response {
    let account = &state.accounts[account];
    let Some((id, activity)) = text.parse().ok().and_then(|id| Some((id, account.find(id)?))) else {
        return missing();
    };
    match state.scenario.personal.manual_status {
        Some(status) if activity.is_manual() => Response::empty(status).note("entered by hand"),
        _ => garmin::original(account, id),
    }
}
