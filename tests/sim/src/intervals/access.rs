//! Who may do what: the API key, the athlete in the path, and activities from Strava.

use super::account::{Account, Item};
use super::{error, limits, missing};
use crate::http::{Request, Response};
use crate::state::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The user name of every request with a personal key.
const USER: &str = "API_KEY";

/// The account of a key, if it may make one more request.
pub fn caller(state: &mut State, request: &Request) -> Result<usize, Response> {
    let account = owner(state, request)?;
    let holder = &state.intervals.accounts[account];
    if let Some(base) = &holder.spec.moved_to {
        let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
        let location = format!("{base}{}{query}", request.path);
        return Err(Response::empty(308).with("location", &location).note("moved"));
    }
    let now = state.now();
    limits::spend(&mut state.intervals.accounts[account], now)?;
    Ok(account)
}

/// The account of the key in the Authorization header.
fn owner(state: &State, request: &Request) -> Result<usize, Response> {
    let header = request.header("authorization").unwrap_or_default();
    let (scheme, text) = header.split_once(' ').unwrap_or((header, ""));
    let by_key = |key: &str| state.intervals.accounts.iter().position(|account| account.spec.key == key);
    if scheme.eq_ignore_ascii_case("bearer") {
        return Err(match by_key(text) {
            Some(_) => error(403, "Access denied").note("the key is sent as a bearer token"),
            None => denied("no such bearer token"),
        });
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(denied("no Basic authorization"));
    }
    let pair = STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match pair.as_deref().and_then(|pair| pair.split_once(':')) {
        Some((USER, key)) => by_key(key).ok_or_else(|| denied("no such key")),
        Some(_) => Err(denied("the user name is not API_KEY")),
        None => Err(denied("no user name and key")),
    }
}

fn denied(note: &str) -> Response {
    error(401, "Unauthorized").note(note)
}

/// Whether the athlete of a path is the owner of the key: `0`, or the owner's id.
pub fn owns(account: &Account, athlete: &str) -> bool {
    athlete == "0" || athlete == account.spec.athlete
}

/// The activity of a path. Activities of others are 403, those from Strava 422.
pub fn activity<'a>(state: &'a State, account: usize, id: &str, request: &Request) -> Result<&'a Item, Response> {
    let accounts = &state.intervals.accounts;
    match accounts[account].find(id) {
        Some(item) if item.strava => Err(error(422, "Strava activities are not available via the API")),
        Some(item) => Ok(item),
        None if accounts.iter().any(|other| other.find(id).is_some()) => {
            Err(error(403, "Access denied").note("an activity of another athlete"))
        }
        None => Err(missing(state, request)),
    }
}
