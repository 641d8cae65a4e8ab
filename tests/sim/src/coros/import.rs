//! Imports: an object in a store becomes an activity, or the import fails.

use super::account::{Account, Item};
use super::jobs::Job;
use super::{exceptions, history, md5_hex, ok, sports};
use crate::fit::{check, scan};
use crate::http::{Request, Response, multipart};
use crate::state::State;
use crate::store::state::Stores;
use crate::unzip;
use serde::Deserialize;

const CODE: &str = "8E16FCC7";
/// Statuses of a failed job.
const WRONG_BUCKET: i32 = -2;
const REFUSED: i32 = -1;

/// The fields of an import request.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    source: u32,
    timezone: i64,
    bucket: String,
    md5: String,
    size: i64,
    object: String,
    service_name: String,
    ori_file_name: String,
}

/// The result of the check of an object.
struct Verdict {
    result: i32,
    errors: u32,
    why: &'static str,
    fit: Option<Vec<u8>>,
}

/// Responds to an import request.
pub fn answer(state: &mut State, account: usize, request: &Request) -> Response {
    let order = match order(request, &state.coros.accounts[account]) {
        Ok(order) => order,
        Err(note) => return exceptions(note),
    };
    // The same bytes are the same job, unless that job failed.
    let known = |job: &&mut Job| job.account == account && job.md5 == order.md5 && job.result >= 0;
    if let Some(job) = state.coros.jobs.iter_mut().find(known) {
        job.hidden = false;
        let job = job.clone();
        return shown(state, account, &job).note("the job of these bytes");
    }
    let mut verdict = judge(&order, &state.coros.accounts[account], &state.stores);
    let spec = state.coros.accounts[account].spec.import.clone();
    if let Some(status) = spec.fails_late {
        verdict = Verdict { fit: None, result: status.min(-1), ..verdict };
    }
    let dropped = spec.vanishes || state.lies.dropped().is_some();
    if let (Some(fit), false) = (&verdict.fit, dropped) {
        take(state, account, fit, &order);
    }
    let job = Job {
        id: 460_000_000_000_000_000 + state.rng.u64(0..9_000_000_000_000_000),
        account,
        size: if verdict.result == WRONG_BUCKET { -1 } else { order.size },
        md5: order.md5,
        file: order.ori_file_name,
        object: order.object,
        timezone: order.timezone,
        since: state.now(),
        asked: if spec.at_once { spec.polls + 1 } else { 0 },
        result: verdict.result,
        errors: verdict.errors,
        hidden: false,
        why: verdict.why,
    };
    let answer = shown(state, account, &job).note(job.why);
    state.coros.jobs.push(job);
    answer
}

fn shown(state: &State, account: usize, job: &Job) -> Response {
    let holder = &state.coros.accounts[account];
    let spec = &holder.spec.import;
    ok(CODE, &job.show(&holder.user, job.status(spec.polls, spec.seconds, state.now())))
}

fn order(request: &Request, account: &Account) -> Result<Order, &'static str> {
    let parts = multipart::parts(request)?;
    let [part] = parts.as_slice() else { return Err("not exactly one field") };
    if part.name != "jsonParameter" || part.file.is_some() {
        return Err("no text field jsonParameter");
    }
    let order: Order = serde_json::from_slice(&part.bytes).map_err(|_| "jsonParameter lacks a field")?;
    if order.source != 1 || !(-48..=56).contains(&order.timezone) {
        return Err("source is not 1, or timezone not in quarter hours");
    }
    if !order.object.starts_with(&format!("fit_zip/{}/", account.user)) {
        return Err("the object is not in the user's folder");
    }
    Ok(order)
}

/// Checks the object. Its faults are reported only later, in the queue.
fn judge(order: &Order, account: &Account, stores: &Stores) -> Verdict {
    let nothing = |result: i32, errors: u32, why| Verdict { result, errors, why, fit: None };
    let region = account.region();
    let object = stores.find(&order.bucket, &order.object);
    let Some(object) = object.filter(|_| order.bucket == region.bucket && order.service_name == region.service) else {
        return nothing(WRONG_BUCKET, 0, "no such object in the region's bucket");
    };
    let Some(entries) = unzip::entries(&object.bytes) else {
        return nothing(2, 0, "no zip: finished, but nothing appears");
    };
    let mut files = entries.into_iter().filter(|(name, _)| !name.ends_with('/'));
    let Some((_, file)) = files.next() else { return nothing(2, 1, "no file in the zip") };
    let sums = [md5_hex(&file), md5_hex(&object.bytes)];
    let sizes = [file.len(), object.bytes.len()].map(|size| size as i64);
    if !sums.contains(&order.md5) || !sizes.contains(&order.size) {
        return nothing(REFUSED, 0, "md5 or size is not the object's");
    }
    if check::fault(&file).is_some() {
        return nothing(2, 1, "a broken FIT");
    }
    match scan::summary(&file).sports.first() {
        Some((sport, _)) if sports::refused(*sport) => nothing(REFUSED, 0, "a sport that is not taken"),
        _ => Verdict { result: 2, errors: 0, why: "", fit: Some(file) },
    }
}

fn take(state: &mut State, account: usize, fit: &[u8], order: &Order) {
    let now = state.now();
    let item = received(state, fit);
    let holder = &mut state.coros.accounts[account];
    let spec = &holder.spec.import;
    holder.items.push(Item {
        // The importer uses the UTC offset of the request, not of the file.
        offset: order.timezone as i32 * 900,
        after_lists: holder.lists + spec.listed_after_requests,
        after: now + spec.seconds.max(spec.listed_after_seconds),
        import: Some(order.md5.clone()),
        imported: now,
        ..item
    });
}

/// The activity that is made from a file.
fn received(state: &mut State, fit: &[u8]) -> Item {
    let start = scan::summary(fit).start.unwrap_or_default();
    let label = history::label_at(start, &mut state.rng);
    let item = history::from_file(label, fit, &mut state.rng);
    Item { group: state.group_of(fit, start), ..item }
}

/// Adds a file as an activity of the region's first account, without an import.
pub(crate) fn add_file(state: &mut State, region: u32, fit: &[u8]) {
    let item = received(state, fit);
    state.coros_account(region).items.push(item);
}
