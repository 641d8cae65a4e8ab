//! Deletions, which report success for any number.

use super::exceptions;
use crate::http::{Request, Response};
use crate::state::State;
use serde_json::json;

/// Deletes an activity, unless the account's deletes do nothing.
pub fn answer(state: &mut State, account: usize, request: &Request) -> Response {
    let text = request.parameter("labelId").unwrap_or_default();
    let label = text.parse::<u64>().ok();
    if label.is_none() && !text.is_empty() {
        return exceptions("labelId is no number");
    }
    let account = &mut state.coros.accounts[account];
    let before = account.items.len();
    if !account.spec.delete_does_nothing {
        account.items.retain(|item| Some(item.label) != label);
    }
    let note = if account.items.len() < before { "deleted" } else { "nothing was deleted" };
    Response::json(200, &json!({"apiCode": "8D2DB17A", "message": "OK", "result": "0000"})).note(note)
}
