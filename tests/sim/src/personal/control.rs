//! The Personal API in the simulator's own interface: `/_sim/personal/…`.

use super::spec::KeySpec;
use crate::control::{bad, change};
use crate::http::{Request, Response};
use crate::state::State;
use serde_json::{Value, json};

/// Responds to a request to the simulator about the Personal API.
pub fn answer(state: &mut State, request: &Request, parts: &[&str]) -> Response {
    let domain = request.parameter("domain").unwrap_or_else(|| "garmin.com".to_owned());
    if !state.has_account(&domain) {
        return bad("the scenario has no account on this domain");
    }
    match (request.method.as_str(), parts) {
        ("POST", []) => change(&mut state.scenario.personal, request),
        ("GET", ["keys"]) => Response::json(200, &keys(state)),
        ("POST", ["keys"]) => issue(state, request, &domain),
        ("DELETE", ["keys", key]) => known(state.delete_personal_key(key)),
        ("POST", ["keys", key, "end"]) => known(state.end_personal_key(key)),
        ("POST", ["tokens", "expire"]) => {
            state.expire_personal_tokens(&domain);
            Response::empty(204)
        }
        _ => bad("keys, keys/KEY, keys/KEY/end or tokens/expire"),
    }
}

/// Makes a key of the account with the parameter `email`, or of the domain's first one.
fn issue(state: &mut State, request: &Request, domain: &str) -> Response {
    let empty = request.body.is_empty();
    let spec = if empty { Ok(KeySpec::default()) } else { serde_json::from_slice::<KeySpec>(&request.body) };
    let spec = match spec {
        Ok(spec) => spec,
        Err(error) => return bad(&error.to_string()),
    };
    let key = match request.parameter("email") {
        None => state.issue_personal_key(domain, &spec),
        Some(email) if state.account_of(domain, &email).is_none() => return bad("no such account on this domain"),
        Some(email) => state.issue_personal_key_of(domain, &email, &spec),
    };
    Response::json(201, &json!({"key": key}))
}

fn known(found: bool) -> Response {
    match found {
        true => Response::empty(204),
        false => Response::json(404, &json!({"error": "no such key"})),
    }
}

fn keys(state: &State) -> Value {
    let one = |key: &super::state::Key| {
        let own = state.personal.exchanges.iter().filter(|exchange| exchange.key == key.text);
        json!({
            "key": key.text, "domain": key.domain, "email": state.accounts[key.account].spec.email,
            "ends": key.ends, "deleted": key.deleted, "exchanges": own.collect::<Vec<_>>(),
        })
    };
    state.personal.keys.iter().map(one).collect()
}
