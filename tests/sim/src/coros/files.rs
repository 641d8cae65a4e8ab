//! Downloads: the URL of a file, and the host that returns the file to any client that has the URL.

use super::account::Account;
use super::{exceptions, list, ok, parameters, refuse};
use crate::http::{Original, Request, Response};
use crate::state::State;
use serde_json::json;

const CODE: &str = "D755ECA8";
const FIT: &str = "4";
/// The largest sport number that requests accept. Lists have larger ones, too.
const LAST_SPORT: u32 = 50_000;

/// Responds to a request for the URL of an activity's file.
pub fn address(account: &Account, request: &Request) -> Response {
    let Some(item) = list::named(account, request) else { return exceptions("no such activity") };
    match item.refused.as_deref() {
        Some(code) if code.len() == 3 => {
            return Response::json(code.parse().unwrap_or(404), &json!({"message": "refused"})).note("refused");
        }
        Some(code) => return refuse(code, "Service exceptions").note("refused"),
        None => {}
    }
    let sport = list::parameter(request, "sportType").and_then(|text| text.parse::<u32>().ok());
    match sport {
        Some(sport) if sport > LAST_SPORT => return parameters("no such sport"),
        // The service does not accept the number in the list, so any other number is accepted.
        Some(_) if item.sport > LAST_SPORT => {}
        Some(sport) if sport == item.sport => {}
        _ => return ok(CODE, &json!({})).note("the sport is not the activity's"),
    }
    if list::parameter(request, "fileType").as_deref() != Some(FIT) {
        return ok(CODE, &json!({})).note("only FIT files are played");
    }
    let url = format!("https://{}/fit/{}/{}.fit", account.region().files, account.user, item.label);
    ok(CODE, &json!({"fileUrl": url}))
}

/// Returns a file. It requires no token, and a client should not send one here.
pub fn stored(state: &State, request: &Request) -> Response {
    let parts: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
    let [_, user, name] = parts.as_slice() else { return missing() };
    let label = name.strip_suffix(".fit").and_then(|label| label.parse::<u64>().ok());
    let here = |account: &&Account| account.user == *user && account.region().files == request.host;
    let account = state.coros.accounts.iter().find(here);
    let item = account.zip(label).and_then(|(account, label)| account.find(label));
    let Some(bytes) = item.and_then(|item| item.original()) else { return missing() };
    if request.method != "GET" && request.method != "HEAD" {
        return Response::empty(405);
    }
    let note = if request.header("accesstoken").or(request.header("authorization")).is_some() {
        "a token was sent to the file host"
    } else {
        ""
    };
    let original = Original { entry: (*name).to_owned(), bytes: bytes.clone(), raw: true };
    Response { body: bytes, original: Some(Box::new(original)), ..Response::empty(200) }
        .with("content-type", "application/octet-stream")
        .note(note)
}

fn missing() -> Response {
    let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code></Error>";
    Response::text(404, "application/xml", body)
}
