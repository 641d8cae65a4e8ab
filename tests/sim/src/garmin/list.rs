//! The count and the list of activities.

use super::account::Account;
use super::activity::Activity;
use super::{error, items, sports};
use crate::clock;
use crate::http::{Request, Response};
use crate::scenario::ActivitySpec;
use crate::state::State;
use serde_json::{Value, json};

const DEFAULT_LIMIT: u64 = 20;

/// Fields with times of an activity.
pub const TIMES: [&str; 4] = ["startTimeLocal", "startTimeGMT", "endTimeGMT", "beginTimestamp"];

/// The count of activities.
pub fn count(state: &State, account: usize) -> Response {
    let without = state.scenario.paging.count_excludes_parents;
    let holder = &state.accounts[account];
    let now = state.now();
    let shown = |activity: &&Activity| {
        holder.lists(activity.id, now) && !state.lies.hides(activity.id) && state.lies.empty().is_none()
    };
    let shown = holder.activities.iter().filter(shown);
    let counted = shown.filter(|activity| !without || activity.children.is_empty()).count();
    Response::json(200, &json!({"totalCount": counted}))
}

/// One page of the list.
pub fn page(state: &mut State, account: usize, request: &Request) -> Response {
    let query = match Query::of(request, state.scenario.paging.max_limit) {
        Ok(query) => query,
        Err(note) => return error(400, "BadRequestException").note(note),
    };
    state.list_requests += 1;
    shift(state, account);
    let take = state.scenario.paging.page_cap.unwrap_or(query.limit).min(query.limit);
    let (holder, lies, now) = (&state.accounts[account], &state.lies, state.now());
    let mut shown = chosen(holder, &query);
    shown.retain(|activity| holder.lists(activity.id, now) && !lies.hides(activity.id));
    lies.shuffle(&mut shown, |activity| activity.id);
    let page = shown.into_iter().skip(query.start as usize).take(take as usize);
    let mut items: Vec<Value> = page.map(|activity| items::item(holder, activity)).collect();
    lies.garble(&mut items, &TIMES, "activityId");
    let empty = lies.empty();
    state.accounts[account].lists += 1;
    match empty {
        Some(empty) if empty.no_content => Response::empty(204),
        Some(_) => Response::json(200, &json!([])),
        None => Response::json(200, &Value::Array(items)),
    }
}

/// Adds and deletes activities while a client reads the pages.
pub fn shift(state: &mut State, account: usize) {
    let done = Some(state.list_requests - 1);
    if state.scenario.paging.add_after_requests == done {
        let domain = state.accounts[account].spec.domain.clone();
        state.add_activity(&domain, &ActivitySpec::default());
    }
    if state.scenario.paging.remove_after_requests == done {
        let newest = state.accounts[account].newest_first().first().map(|activity| activity.id);
        if let Some(id) = newest {
            state.accounts[account].remove(id);
        }
    }
}

fn chosen<'a>(account: &'a Account, query: &Query) -> Vec<&'a Activity> {
    let mut list = account.newest_first();
    if query.ascending {
        list.reverse();
    }
    list.retain(|activity| {
        let day = activity.start_local().div_euclid(86_400) * 86_400;
        query.from.is_none_or(|from| day >= from)
            && query.to.is_none_or(|to| day <= to)
            && query.kind.as_deref().is_none_or(|kind| is_kind(activity, kind))
    });
    list
}

fn is_kind(activity: &Activity, kind: &str) -> bool {
    let parent = sports::PARENTS.iter().find(|(_, key)| *key == kind).map(|(id, _)| *id);
    activity.type_key == kind || parent == Some(activity.sport.parent)
}

struct Query {
    start: u64,
    limit: u64,
    from: Option<i64>,
    to: Option<i64>,
    kind: Option<String>,
    ascending: bool,
}

impl Query {
    fn of(request: &Request, max: u64) -> Result<Self, &'static str> {
        let number = |name: &str, default: u64| match request.parameter(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| "start or limit is no number"),
        };
        let date = |name: &str| match request.parameter(name) {
            None => Ok(None),
            Some(text) => clock::parse_date(&text).map(Some).ok_or("a date is not YYYY-MM-DD"),
        };
        let limit = number("limit", DEFAULT_LIMIT)?;
        if limit > max {
            return Err("the limit is too large");
        }
        let order = request.parameter("sortOrder");
        if order.as_deref().is_some_and(|order| order != "asc" && order != "desc") {
            return Err("sortOrder is neither asc nor desc");
        }
        Ok(Query {
            start: number("start", 0)?,
            limit,
            from: date("startDate")?,
            to: date("endDate")?,
            kind: request.parameter("activityType").filter(|kind| !kind.is_empty()),
            ascending: order.as_deref() == Some("asc"),
        })
    }
}
