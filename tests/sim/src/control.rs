//! The simulator's own interface, under `/_sim/` on the plain port.

use crate::coros;
use crate::coros::spec::CorosActivitySpec;
use crate::coros_mcp;
use crate::fault::Fault;
use crate::garmin::activity::sha256;
use crate::http::{Request, Response};
use crate::intervals;
use crate::personal;
use crate::scenario::ActivitySpec;
use crate::server::Shared;
use crate::state::State;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Responds to a request to the simulator itself.
pub fn answer(shared: &Shared, request: &Request) -> Response {
    let parts: Vec<&str> = request.path.trim_matches('/').split('/').collect();
    match (request.method.as_str(), parts.as_slice()) {
        ("GET", ["log"]) => log(shared),
        ("DELETE", ["log"]) => {
            shared.log().clear();
            Response::empty(204)
        }
        ("POST", ["faults"]) => match serde_json::from_slice::<Fault>(&request.body) {
            Ok(fault) => {
                shared.faults().push(fault);
                Response::empty(204)
            }
            Err(error) => bad(&error.to_string()),
        },
        ("DELETE", ["faults"]) => {
            shared.faults().clear();
            Response::empty(204)
        }
        ("GET", ["messages"]) => Response::json(200, &json!(shared.state().messages)),
        ("DELETE", ["messages"]) => {
            shared.state().messages.clear();
            Response::empty(204)
        }
        ("GET", ["state"]) => Response::json(200, &describe(&shared.state())),
        ("POST", ["clock", "advance"]) => advance(&mut shared.state(), request),
        (_, ["personal", rest @ ..]) => personal::control::answer(&mut shared.state(), request, rest),
        (_, ["intervals", rest @ ..]) => intervals::control::answer(&mut shared.state(), request, rest),
        (_, ["coros", rest @ ..]) => on_region(&mut shared.state(), request, rest),
        _ => on_domain(&mut shared.state(), request, &parts),
    }
}

fn log(shared: &Shared) -> Response {
    let lines = shared.log().iter().filter_map(|entry| serde_json::to_string(entry).ok()).collect::<Vec<_>>();
    let text = lines.iter().fold(String::new(), |out, line| out + line + "\n");
    Response::text(200, "application/x-ndjson", &text)
}

/// Requests that need a region of COROS, which is 2 unless the query names one.
fn on_region(state: &mut State, request: &Request, parts: &[&str]) -> Response {
    let region = request.parameter("region").map_or(Ok(2), |text| text.parse::<u32>()).unwrap_or(0);
    if !state.has_coros(region) {
        return bad("the scenario has no COROS account in this region");
    }
    match (request.method.as_str(), parts) {
        (_, ["mcp", rest @ ..]) => coros_mcp::control::answer(state, region, request, rest),
        ("POST", ["tokens", "issue"]) => Response::json(200, &json!({"accessToken": state.issue_coros_token(region)})),
        ("POST", ["tokens", "expire"]) => {
            state.expire_coros_token(region);
            Response::empty(204)
        }
        ("POST", ["account"]) => change(&mut state.coros_account(region).spec, request),
        ("POST", ["activities"]) => match serde_json::from_slice::<CorosActivitySpec>(&request.body) {
            Ok(spec) => Response::json(201, &json!({"labelId": state.add_coros_activity(region, &spec).to_string()})),
            Err(error) => bad(&error.to_string()),
        },
        ("DELETE", ["activities", id]) => done(id.parse().is_ok_and(|id| state.remove_coros_activity(region, id))),
        _ => bad("tokens/issue, tokens/expire, account, activities or activities/ID"),
    }
}

/// Requests that need a domain, which is garmin.com unless the query names one.
fn on_domain(state: &mut State, request: &Request, parts: &[&str]) -> Response {
    let domain = request.parameter("domain").unwrap_or_else(|| "garmin.com".to_owned());
    if !state.has_account(&domain) {
        return bad("the scenario has no account on this domain");
    }
    match (request.method.as_str(), parts) {
        ("POST", ["tokens", what]) => tokens(state, what, &domain),
        ("POST", ["ticket"]) => {
            let flavour = request.parameter("flavour").unwrap_or_else(|| "android".to_owned());
            if !["ios", "android", "embed"].contains(&flavour.as_str()) {
                return bad("flavour is ios, android or embed");
            }
            let (ticket, service) = state.issue_ticket(&domain, &flavour);
            Response::json(200, &json!({"serviceTicketId": ticket, "serviceURL": service}))
        }
        ("POST", ["account"]) => change(&mut state.account(&domain).spec, request),
        ("POST", ["activities"]) => match serde_json::from_slice::<ActivitySpec>(&request.body) {
            Ok(spec) => Response::json(201, &json!({"activityId": state.add_activity(&domain, &spec)})),
            Err(error) => bad(&error.to_string()),
        },
        ("DELETE", ["activities", id]) => done(id.parse().is_ok_and(|id| state.remove_activity(&domain, id))),
        ("POST", ["activities", id, "rename"]) => {
            let body = request.json().unwrap_or_default();
            let name = request.parameter("name").or_else(|| body["name"].as_str().map(str::to_owned));
            match name {
                Some(name) => done(id.parse().is_ok_and(|id| state.rename_activity(&domain, id, &name))),
                None => bad("no name in the query or the JSON body"),
            }
        }
        _ => Response::json(404, &json!({"error": "no such command; see the README of the simulator"})),
    }
}

fn advance(state: &mut State, request: &Request) -> Response {
    let seconds = request.parameter("seconds").and_then(|text| text.parse().ok());
    state.advance(seconds.unwrap_or(0));
    Response::json(200, &json!({"now": state.now()}))
}

fn tokens(state: &mut State, what: &str, domain: &str) -> Response {
    match what {
        "expire" => state.expire_access_tokens(domain),
        "revoke" => state.revoke_refresh(domain),
        "issue" => return Response::json(200, &state.issue_token(domain)),
        "issue-garth" => {
            let (first, second) = state.issue_garth(domain);
            return Response::json(200, &json!({"oauth1_token": first, "oauth2_token": second}));
        }
        _ => return bad("expire, revoke, issue or issue-garth"),
    }
    Response::empty(204)
}

/// Replaces fields of a description by the fields of a JSON body.
pub(crate) fn change<T: Serialize + DeserializeOwned>(spec: &mut T, request: &Request) -> Response {
    let mut fields = serde_json::to_value(&*spec).unwrap_or_default();
    merge(&mut fields, request.json().unwrap_or_default());
    match serde_json::from_value(fields) {
        Ok(changed) => *spec = changed,
        Err(error) => return bad(&error.to_string()),
    }
    Response::empty(204)
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            from.into_iter().for_each(|(key, value)| merge(into.entry(key).or_insert(Value::Null), value));
        }
        (into, from) => *into = from,
    }
}

pub(crate) fn done(found: bool) -> Response {
    match found {
        true => Response::empty(204),
        false => Response::json(404, &json!({"error": "no such activity"})),
    }
}

pub(crate) fn bad(text: &str) -> Response {
    Response::json(400, &json!({"error": text}))
}

/// Accounts and activities, with the actual contents of every original.
fn describe(state: &State) -> Value {
    let accounts = state.accounts.iter().map(|account| {
        let activities = account.newest_first().into_iter().map(|activity| {
            json!({
                "id": activity.id, "name": activity.name, "type": activity.type_key,
                "start": activity.recording.start, "offset": activity.recording.offset,
                "format": activity.extension(), "manual": activity.is_manual(),
                "gps": activity.has_gps(), "children": activity.children.iter().map(|c| c.id).collect::<Vec<_>>(),
                "oddities": activity.oddities, "group": activity.group, "imported": activity.imported,
                "sha256": activity.original().map(|bytes| sha256(&bytes)),
            })
        });
        json!({
            "domain": account.spec.domain, "profile": account.profile, "email": account.spec.email, "password": account.spec.password,
            "mfa_code": account.spec.mfa_code, "locked": account.locked,
            "activities": activities.collect::<Vec<_>>(),
        })
    });
    let coros = state.coros.accounts.iter().map(describe_coros).collect::<Vec<_>>();
    json!({
        "accounts": accounts.collect::<Vec<_>>(), "coros": coros, "coros_mcp": coros_mcp::control::describe(state),
        "intervals": intervals::control::describe(state), "groups": groups(state),
        "list_requests": state.list_requests,
    })
}

/// The groups with more than one activity.
fn groups(state: &State) -> Value {
    let place = |(service, id): &(String, u64)| match service.as_str() {
        intervals::NAME => json!({"service": service, "id": format!("i{id}")}),
        _ => json!({"service": service, "id": id.to_string()}),
    };
    let all = state.groups();
    all.iter().map(|(name, places)| (name.clone(), places.iter().map(place).collect::<Value>())).collect()
}

fn describe_coros(account: &coros::account::Account) -> Value {
    let activities = account.newest_first().into_iter().map(|item| {
        json!({
            "id": item.label.to_string(), "name": item.name, "sport": item.sport, "start": item.start,
            "offset": item.offset, "refused": item.refused, "oddities": item.oddities,
            "group": item.group, "sha256": item.original().map(|bytes| sha256(&bytes)),
        })
    });
    json!({
        "region": account.spec.region, "email": account.spec.email, "password": account.spec.password,
        "mfa_code": account.spec.mfa_code, "user": account.user,
        "activities": activities.collect::<Vec<_>>(),
    })
}
