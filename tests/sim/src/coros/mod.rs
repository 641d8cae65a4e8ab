//! COROS: which host responds to which request.

pub mod account;
mod delete;
mod detail;
mod files;
pub mod history;
mod import;
pub(crate) use import::add_file;
pub mod jobs;
mod list;
mod login;
pub use login::md5_hex;
pub mod regions;
mod second;
pub mod spec;
pub mod sports;
pub mod state;
pub mod sts;

use crate::http::{Request, Response};
use crate::state::State;
use regions::{COMMON_HUB, FAQ, REGIONS, Region};
use serde_json::{Value, json};

/// Every simulated host.
pub fn hosts() -> Vec<String> {
    let mut all: Vec<String> = REGIONS.iter().map(|region| region.api.to_owned()).collect();
    all.extend(REGIONS.iter().map(|region| region.hub.to_owned()));
    all.extend(["s3.coros.com", "oss.coros.com", COMMON_HUB, FAQ].map(str::to_owned));
    all
}

/// Responds to a request to one of [`hosts`]; `None` for any other host.
pub fn answer(state: &mut State, request: &Request) -> Option<Response> {
    if let Some(region) = REGIONS.iter().find(|region| region.api == request.host) {
        return Some(api(state, *region, request));
    }
    match request.host.as_str() {
        FAQ => Some(sts::faq(state, request)),
        host if host == COMMON_HUB || REGIONS.iter().any(|region| region.hub == host) => Some(sts::hub(state, request)),
        "s3.coros.com" | "oss.coros.com" => Some(files::stored(state, request)),
        _ => None,
    }
}

/// The API of a region. Errors are 200 with a result code.
fn api(state: &mut State, region: Region, request: &Request) -> Response {
    let route = (request.method.as_str(), request.path.as_str());
    match route {
        ("POST", "/account/login") => return login::answer(state, region, request),
        ("POST", "/account/captcha") => return second::mail(state, region, request),
        ("POST", "/account/2fa/login/verify") => return second::verify(state, region, request),
        _ => {}
    }
    let account = match caller(state, region, request) {
        Ok(account) => account,
        Err(refusal) => return refusal,
    };
    match route {
        ("GET", "/account/query") => login::who(&state.coros.accounts[account]),
        ("GET", "/activity/query") => list::answer(state, account, request),
        ("GET" | "POST", "/activity/detail/query") => detail::answer(&state.coros.accounts[account], request),
        ("GET" | "POST", "/activity/detail/download") => files::address(&state.coros.accounts[account], request),
        ("GET", "/activity/delete") => delete::answer(state, account, request),
        ("POST", "/activity/fit/import") => import::answer(state, account, request),
        ("POST", "/activity/fit/getImportSportList") => jobs::list(state, account, request),
        ("POST", "/activity/fit/deleteSportImport") => jobs::remove(state, account, request),
        _ => gone(),
    }
}

/// The account of a token, which has to be the newest token of an account in this region.
fn caller(state: &State, region: Region, request: &Request) -> Result<usize, Response> {
    let text = request.header("accesstoken").unwrap_or_default();
    let now = state.now();
    let note = match state.coros.owner(text, now) {
        Some(index) if state.coros.accounts[index].spec.region == region.id => {
            return Ok(state.lies.coros_account(&state.coros.accounts, index));
        }
        Some(_) => "a token of another region",
        None => "no such token, or an older one",
    };
    Err(refuse("1019", "Access token is invalid").note(note))
}

/// A web page: the response to unknown paths.
pub(crate) fn gone() -> Response {
    Response::html(404, "<html><head><title>404 Not Found</title></head><body>nginx</body></html>").note("no such path")
}

/// 200 with data; the code depends on the path.
pub(crate) fn ok(code: &str, data: &Value) -> Response {
    Response::json(200, &json!({"apiCode": code, "message": "OK", "result": "0000", "data": data}))
}

/// 200 with an error.
pub(crate) fn refuse(result: &str, message: &str) -> Response {
    Response::json(200, &json!({"message": message, "result": result, "tlogId": "1b2c3d4e5f60718293a4b5c6d7e8f901"}))
        .note(message)
}

/// The response to an unusable parameter; the note is for the log only.
pub(crate) fn parameters(note: &str) -> Response {
    refuse("1001", "Parameter input error").note(note)
}

/// The response to an invalid parameter; the note is for the log only.
pub(crate) fn exceptions(note: &str) -> Response {
    refuse("1001", "Service exceptions").note(note)
}
