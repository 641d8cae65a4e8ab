//! Uploads: accepted, rejected or duplicate, and their status until they become activities.

use super::account::Late;
use super::{api, error, received};
use crate::clock;
use crate::fit::check;
use crate::http::{Request, Response, multipart};
use crate::state::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The response to a valid file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UploadAnswer {
    /// 202 and the URL of a status.
    #[default]
    Accepted,
    /// 201 with the id.
    Created,
    /// 200 with the id.
    Ok,
}

/// Whether accepted uploads are dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dropped {
    /// Uploads become activities.
    #[default]
    No,
    /// An upload never becomes an activity, though its status ends with the URL of one.
    Done,
    /// An upload never becomes an activity, and its status is 404.
    Gone,
}

/// The behaviour of an account's uploads.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UploadSpec {
    /// The response to a valid file.
    pub answer: UploadAnswer,
    /// The id in a 200 or 201 response is a text.
    pub quoted_ids: bool,
    /// The owner has not agreed to uploads: 412.
    pub consent_missing: bool,
    /// This many status requests get the response 202,
    pub polls: u32,
    /// and so do all requests within this many seconds of the service's clock.
    pub seconds: i64,
    /// The status ends with a rejection of the file, with this message; it never becomes an activity.
    pub fails_late: Option<String>,
    /// Whether accepted uploads are dropped.
    pub dropped: Dropped,
    /// An existing file is accepted with 202, and only its status is 409.
    pub duplicates_late: bool,
    /// This many list requests do not show the new activity,
    pub listed_after_requests: u32,
    /// nor do those within this many seconds of the service's clock.
    pub listed_after_seconds: i64,
}

impl Default for UploadSpec {
    fn default() -> Self {
        UploadSpec {
            answer: UploadAnswer::Accepted,
            quoted_ids: true,
            consent_missing: false,
            polls: 1,
            seconds: 0,
            fails_late: None,
            dropped: Dropped::No,
            duplicates_late: false,
            listed_after_requests: 0,
            listed_after_seconds: 0,
        }
    }
}

/// The outcome of an upload.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// An activity.
    Activity(u64),
    /// It existed already.
    Duplicate(u64),
    /// No activity, for this reason.
    Failed(String),
    /// No activity, though the upload has an id.
    Nothing(u64),
    /// No activity, and the status is unknown.
    Gone(u64),
}

/// An accepted upload.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The last part of its status URL.
    pub uuid: String,
    /// Its account.
    pub account: usize,
    /// When it arrived.
    pub since: i64,
    /// The number of status requests.
    pub asked: u32,
    /// Its outcome.
    pub outcome: Outcome,
    /// The import result in the response to it.
    pub envelope: Value,
}

/// Responds to an upload.
pub fn answer(state: &mut State, account: usize, parts: &[&str], request: &Request) -> Response {
    let spec = state.accounts[account].spec.upload.clone();
    if spec.consent_missing {
        return error(412, "PreconditionFailedException").note("no consent to uploads");
    }
    let file = match file(parts, request) {
        Ok(file) => file,
        Err(note) => return error(400, "BadRequestException").note(note),
    };
    let name = file.file.clone().unwrap_or_default();
    let envelope = envelope(state, account, &name, file.bytes.len());
    if let Some(why) = check::fault(&file.bytes) {
        return Response::json(400, &failure(envelope, None, 206, "Invalid FIT file.")).note(why);
    }
    let outcome = match (received::existing(&state.accounts[account], &file.bytes), &spec.fails_late) {
        (Some(id), _) if !spec.duplicates_late => {
            return Response::json(409, &duplicate(envelope, id)).note("known already");
        }
        (Some(id), _) => Outcome::Duplicate(id),
        (None, Some(words)) => Outcome::Failed(words.clone()),
        (None, None) => match dropped(state, account) {
            Dropped::No => Outcome::Activity(take(state, account, parts, request, &file.bytes)),
            Dropped::Done => Outcome::Nothing(received::next_id(state, account, &file.bytes)),
            Dropped::Gone => Outcome::Gone(received::next_id(state, account, &file.bytes)),
        },
    };
    match (spec.answer, &outcome) {
        (UploadAnswer::Accepted, _) => accepted(state, account, outcome, envelope),
        (at_once, Outcome::Activity(id) | Outcome::Nothing(id) | Outcome::Gone(id)) => {
            let status = if at_once == UploadAnswer::Created { 201 } else { 200 };
            Response::json(status, &success(envelope, *id, spec.quoted_ids))
        }
        (_, Outcome::Duplicate(id)) => Response::json(409, &duplicate(envelope, *id)),
        (_, Outcome::Failed(words)) => Response::json(400, &failure(envelope, None, 500, words)),
    }
}

/// The part `file`; if the URL names a format, the file name must end with it.
fn file(parts: &[&str], request: &Request) -> Result<multipart::Part, &'static str> {
    let format = parts.get(2).map(|text| text.trim_start_matches('.'));
    let mut found = multipart::parts(request)?.into_iter().filter(|part| part.name == "file");
    let file = found.next().ok_or("no part called file")?;
    let name = file.file.as_deref().unwrap_or_default().to_ascii_lowercase();
    match (format, name.rsplit_once('.')) {
        (_, None) => Err("the file's name has no extension"),
        (Some(format), Some((_, extension))) if format != extension => Err("name and address differ in the format"),
        (_, Some((_, "fit"))) => Ok(file),
        _ => Err("only FIT files are played"),
    }
}

/// Whether this upload is dropped, because of the account's description or a fault.
fn dropped(state: &State, account: usize) -> Dropped {
    match state.lies.dropped() {
        Some(true) => Dropped::Gone,
        Some(false) => Dropped::Done,
        None => state.accounts[account].spec.upload.dropped,
    }
}

fn take(state: &mut State, account: usize, parts: &[&str], request: &Request, bytes: &[u8]) -> u64 {
    // An import is not passed on to the services that are connected to the account.
    let imported = parts.get(2).is_some() && request.header("nk") == Some("NT");
    let id = received::accept(state, account, bytes, imported);
    let now = state.now();
    let holder = &mut state.accounts[account];
    let spec = &holder.spec.upload;
    let at = now + spec.seconds.max(spec.listed_after_seconds);
    holder.late.push(Late { id, lists: holder.lists + spec.listed_after_requests, at });
    id
}

fn accepted(state: &mut State, account: usize, outcome: Outcome, envelope: Value) -> Response {
    let uuid = envelope["detailedImportResult"]["uploadUuid"]["uuid"].as_str().unwrap_or_default().replace('-', "");
    let now = state.now();
    let domain = &state.accounts[account].spec.domain;
    let location = format!("https://connectapi.{domain}/activity-service/activity/status/{}/{uuid}", now * 1000 + 113);
    let answer = Response::json(202, &envelope).with("location", &location).with("location-in-milliseconds", "1000");
    state.uploads.push(Upload { uuid, account, since: now, asked: 0, outcome, envelope });
    answer
}

/// Responds to a status request: 202 while the upload is pending.
pub fn status(state: &mut State, account: usize, uuid: &str) -> Response {
    let now = state.now();
    let spec = state.accounts[account].spec.upload.clone();
    let domain = state.accounts[account].spec.domain.clone();
    let own = |upload: &&mut Upload| upload.uuid == uuid && upload.account == account;
    let Some(upload) = state.uploads.iter_mut().find(own) else { return api::missing() };
    upload.asked += 1;
    let envelope = upload.envelope.clone();
    if upload.asked <= spec.polls || now < upload.since + spec.seconds {
        return Response::json(202, &envelope).with("location-in-milliseconds", "1000").note("still at work");
    }
    match &upload.outcome {
        Outcome::Gone(_) => api::missing().note("dropped, and nothing is known of it"),
        Outcome::Activity(id) | Outcome::Nothing(id) => {
            let location = format!("https://connectapi.{domain}/activity-service/activity/{id}");
            Response::json(201, &success(envelope, *id, false)).with("location", &location)
        }
        Outcome::Duplicate(id) => Response::json(409, &duplicate(envelope, *id)).note("known already"),
        Outcome::Failed(words) => Response::json(400, &failure(envelope, None, 500, words)).note("failed late"),
    }
}

fn envelope(state: &mut State, account: usize, name: &str, size: usize) -> Value {
    let uuid = state.uuid();
    let created = clock::stamp(state.now(), " ") + ".113 GMT";
    json!({"detailedImportResult": {
        "uploadId": 200_000_000_000_u64 + state.rng.u64(1..9_000_000_000), "uploadUuid": {"uuid": uuid},
        "owner": state.accounts[account].profile, "fileSize": size, "processingTime": 36, "creationDate": created,
        "ipAddress": null, "fileName": name, "report": null, "successes": [], "failures": [],
    }})
}

fn success(mut envelope: Value, id: u64, quoted: bool) -> Value {
    let internal = if quoted { json!(id.to_string()) } else { json!(id) };
    envelope["detailedImportResult"]["successes"] =
        json!([{"internalId": internal, "externalId": null, "messages": null}]);
    envelope
}

fn duplicate(envelope: Value, id: u64) -> Value {
    failure(envelope, Some(id), 202, "Duplicate Activity.")
}

fn failure(mut envelope: Value, id: Option<u64>, code: u32, words: &str) -> Value {
    let result = &mut envelope["detailedImportResult"];
    // A number on success, an empty text on failure.
    result["uploadId"] = "".into();
    result["failures"] =
        json!([{"internalId": id, "externalId": null, "messages": [{"code": code, "content": words}]}]);
    envelope
}
