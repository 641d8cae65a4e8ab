//! The search of activities: one page of the list.

use super::legs;
use super::search::{Order, Search};
use crate::garmin::account::Account;
use crate::garmin::activity::Activity;
use crate::garmin::{self, LIST_TIMES};
use crate::http::{Request, Response};
use crate::state::State;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// Fields of connectapi's list that Garmin's description of this API lacks.
const UNDOCUMENTED: [&str; 8] =
    ["deviceId", "timeZoneId", "workoutId", "userPro", "hasSplits", "hasHeatMap", "purposeful", "atpActivity"];

/// Flags that this API has under two names.
const FLAGS: [(&str, &str); 7] = [
    ("parent", "isParent"),
    ("favorite", "isFavorite"),
    ("pr", "isPR"),
    ("manualActivity", "isManualActivity"),
    ("decoDive", "isDecoDive"),
    ("elevationCorrected", "isElevationCorrected"),
    ("autoCalcCalories", "isAutoCalcCalories"),
];

/// An activity, or a leg of the multisport activity with the id `parent`.
struct Entry<'a> {
    activity: Cow<'a, Activity>,
    parent: Option<u64>,
}

/// One page of the list; a page after the end is empty.
pub fn page(state: &mut State, account: usize, request: &Request) -> Response {
    let search = match Search::of(request, state.scenario.personal.page_limit) {
        Ok(search) => search,
        Err(refusal) => return refusal,
    };
    state.list_requests += 1;
    garmin::shift(state, account);
    let take = state.scenario.paging.page_cap.map_or(search.limit, |cap| search.limit.min(cap as usize));
    let holder = &state.accounts[account];
    let undocumented = state.scenario.personal.undocumented_fields;
    let mut shown = entries(state, holder, &search);
    sort(&mut shown, &search);
    if search.needs_items() {
        shown.retain(|entry| search.fits_item(&item(holder, entry, undocumented)));
    }
    state.lies.shuffle(&mut shown, |entry| entry.activity.id);
    let page = shown.iter().skip(search.start).take(take);
    let mut items: Vec<Value> = page.map(|entry| item(holder, entry, undocumented)).collect();
    state.lies.garble(&mut items, &LIST_TIMES, "activityId");
    let empty = state.lies.empty();
    state.accounts[account].lists += 1;
    match empty {
        Some(empty) if empty.no_content => Response::empty(204),
        Some(_) => Response::json(200, &json!([])),
        None => Response::json(200, &Value::Array(items)),
    }
}

fn entries<'a>(state: &State, holder: &'a Account, search: &Search) -> Vec<Entry<'a>> {
    let now = state.now();
    let mut all = Vec::new();
    for activity in &holder.activities {
        if !holder.lists(activity.id, now) {
            continue;
        }
        all.push(Entry { activity: Cow::Borrowed(activity), parent: None });
        for child in activity.children.iter().filter(|_| search.with_legs) {
            all.push(Entry { activity: Cow::Owned(legs::of(activity, child)), parent: Some(activity.id) });
        }
    }
    all.retain(|entry| search.fits(&entry.activity) && !state.lies.hides(entry.activity.id));
    all
}

/// Sorts by the query's order; equal ones are newest first, and so are all without the value.
fn sort(list: &mut [Entry], search: &Search) {
    let start = |entry: &Entry| (entry.activity.start_local(), entry.activity.id);
    let value = |entry: &Entry| match search.order {
        Order::Start => 0.0,
        Order::Distance => entry.activity.distance.unwrap_or(0.0),
        Order::Duration => f64::from(entry.activity.recording.timer()),
    };
    list.sort_by(|a, b| value(b).total_cmp(&value(a)).then(start(b).cmp(&start(a))));
    if search.ascending {
        list.reverse();
    }
}

/// An item: that of connectapi in its present form, however old the activity is, with this API's own fields.
fn item(holder: &Account, entry: &Entry, undocumented: bool) -> Value {
    let activity = &entry.activity;
    let mut item = garmin::current_item(holder, activity);
    let Some(fields) = item.as_object_mut() else { return item };
    if !undocumented {
        UNDOCUMENTED.iter().for_each(|name| drop(fields.remove(*name)));
    }
    for (old, new) in FLAGS {
        if let Some(flag) = fields.get(old).cloned() {
            fields.insert(new.to_owned(), flag);
        }
    }
    fields.insert("activityUUID".to_owned(), super::detail::uuid(activity.id).into());
    fields.entry("activityName").or_insert(Value::Null);
    fields.insert("description".to_owned(), Value::Null);
    if let Some(parent) = entry.parent {
        fields.insert("parentId".to_owned(), parent.into());
    }
    keep(fields, "activityType", &["typeId", "typeKey", "parentTypeId"]);
    keep(fields, "eventType", &["typeId", "typeKey"]);
    item
}

/// Removes all but these fields of a field.
fn keep(fields: &mut Map<String, Value>, name: &str, kept: &[&str]) {
    if let Some(inner) = fields.get_mut(name).and_then(Value::as_object_mut) {
        inner.retain(|key, _| kept.contains(&key.as_str()));
    }
}
