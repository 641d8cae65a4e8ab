//! Uploads: a file becomes an activity, or several, unless the account has exactly that file.

use super::account::{ALWAYS, Account, File, Item};
use super::contents::{self, Contents};
use super::{error, mismatch, spec::IntervalsSpec};
use crate::http::{Request, Response, multipart};
use crate::state::State;
use serde_json::{Value, json};

/// Responds to an upload.
pub fn answer(state: &mut State, account: usize, request: &Request) -> Response {
    if let Some(text) = request.parameter("paired_event_id").filter(|text| text.parse::<u64>().is_err()) {
        return mismatch("paired_event_id", &text);
    }
    let files = match file(request).and_then(|bytes| contents::unpack(&bytes)) {
        Ok(files) => files,
        Err(why) => return error(422, why),
    };
    let spec = state.intervals.accounts[account].spec.upload.clone();
    if let Some(why) = files.iter().find_map(|file| file.fault).filter(|_| !spec.broken_accepted) {
        return error(422, &format!("Unable to read the file: {why}"));
    }
    let dropped = spec.dropped || state.lies.dropped().is_some();
    let (mut ids, mut new) = (Vec::new(), false);
    for file in files {
        let known: Vec<String> =
            state.intervals.accounts[account].holders(&file).iter().map(|item| item.id()).collect();
        if known.is_empty() {
            new = true;
            let items = create(state, account, &file, request);
            ids.extend(items.iter().map(Item::id));
            if !dropped {
                state.intervals.accounts[account].items.extend(items);
            }
        } else if !spec.duplicates_unnamed {
            ids.extend(known);
        }
    }
    let note = if new { "" } else { "only duplicates" };
    let body = body(&state.intervals.accounts[account], &ids);
    Response::json(if new { 201 } else { 200 }, &body).note(note)
}

/// The file of a form: its part `file`, which has a file name.
fn file(request: &Request) -> Result<Vec<u8>, &'static str> {
    let mut parts = multipart::parts(request)?.into_iter();
    let part = parts.find(|part| part.name == "file" && part.file.is_some());
    part.map(|part| part.bytes).ok_or("Required part 'file' is not present")
}

fn body(account: &Account, ids: &[String]) -> Value {
    let athlete = &account.spec.athlete;
    let all: Vec<Value> = ids.iter().map(|id| json!({"icu_athlete_id": athlete, "id": id})).collect();
    match account.spec.upload.bare_array {
        true => all.into(),
        false => json!({"icu_athlete_id": athlete, "id": ids.first(), "activities": all}),
    }
}

/// The activities of an uploaded file, which are not stored yet.
fn create(state: &mut State, account: usize, file: &Contents, request: &Request) -> Vec<Item> {
    let now = state.now();
    let start = file.sessions.first().map_or(now, |session| session.start);
    let group = state.group_of(&file.bytes, start);
    let holder = &mut state.intervals.accounts[account];
    let mut items = of_file(holder, "UPLOAD", file, now);
    let spec = &holder.spec.upload;
    let after = (holder.reads + spec.analyzed_after_requests, now + spec.analyzed_after_seconds);
    let listed = (holder.reads + spec.listed_after_requests, now + spec.listed_after_seconds);
    for item in &mut items {
        (item.analyzed, item.listed, item.created) = (after, listed, now);
        item.name = request.parameter("name").or(item.name.take());
        item.description = request.parameter("description");
        item.device = request.parameter("device_name").or(item.device.take());
        item.external_id = request.parameter("external_id");
        item.group.clone_from(&group);
    }
    items
}

/// One activity for every session of a file; one without numbers for a broken file.
pub fn of_file(account: &mut Account, source: &str, file: &Contents, now: i64) -> Vec<Item> {
    let given = File::Given(file.extension, file.bytes.clone());
    let spec: IntervalsSpec = account.spec.clone();
    if let (Some(_), _) | (None, []) = (file.fault, file.sessions.as_slice()) {
        let item = Item { file: given, fault: file.fault, ..Item::plain(account.next_number(), source, now) };
        return vec![item];
    }
    let legs = file.sessions.iter().enumerate().map(|(leg, session)| {
        let mut item = Item::recorded(account.next_number(), source, session, given.clone(), &spec);
        item.leg = (file.sessions.len() > 1).then_some(leg);
        item.place(file.offset, &spec);
        (item.created, item.listed, item.analyzed) = (now, ALWAYS, ALWAYS);
        item
    });
    legs.collect()
}
