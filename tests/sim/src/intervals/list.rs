//! Lists: all activities within a range of local times, or those with given ids.

use super::account::Item;
use super::object::{self, TIMES};
use super::{error, mismatch, reduce, text};
use crate::http::{Request, Response};
use crate::state::State;
use serde_json::Value;

const DAY: i64 = 86_400;

/// The parameters of a list.
struct Query {
    /// First and last local second.
    range: (i64, i64),
    limit: usize,
    fields: Vec<String>,
    /// A route was given; no simulated activity is on a route.
    on_route: bool,
}

impl Query {
    fn of(request: &Request, now_local: i64) -> Result<Self, Response> {
        let oldest = request.parameter("oldest").ok_or_else(|| error(422, "Parameter oldest is required"))?;
        let from = time(&oldest, "oldest")?;
        let to = match request.parameter("newest") {
            // A date alone means all of its day. Likely, not documented.
            Some(newest) => time(&newest, "newest")? + if newest.contains('T') { 0 } else { DAY - 1 },
            None => now_local,
        };
        let limit = match number(request, "limit")? {
            Some(0) => return Err(error(422, "limit has to be positive")),
            Some(limit) => limit,
            None => usize::MAX,
        };
        let on_route = number(request, "route_id")?.is_some();
        Ok(Query { range: (from, to), limit, fields: fields(request), on_route })
    }
}

/// A local date or time without an offset from UTC.
fn time(value: &str, name: &str) -> Result<i64, Response> {
    text::local(value).ok_or_else(|| error(422, &format!("{name} is no local ISO-8601 date or date and time")))
}

fn number(request: &Request, name: &str) -> Result<Option<usize>, Response> {
    let text = request.parameter(name);
    text.map(|text| text.parse().map_err(|_| mismatch(name, &text))).transpose()
}

/// The names in `fields`, which is a list with commas, or is repeated.
fn fields(request: &Request) -> Vec<String> {
    let given = request.pairs().into_iter().filter(|(key, _)| key == "fields");
    let names = given.flat_map(|(_, value)| value.split(',').map(str::to_owned).collect::<Vec<_>>());
    names.filter(|name| !name.is_empty()).collect()
}

/// The activities within a range of local times, newest first. There are no pages.
pub fn window(state: &mut State, account: usize, request: &Request) -> Response {
    let now = state.now();
    let holder = &state.intervals.accounts[account];
    let now_local = now + i64::from(super::account::home(&holder.spec).offset(now));
    let query = match Query::of(request, now_local) {
        Ok(query) => query,
        Err(rejection) => return rejection,
    };
    let (lies, (from, to)) = (&state.lies, query.range);
    let mut chosen = holder.newest_first();
    chosen.retain(|item| {
        let inside = (from..=to).contains(&item.start_local()) && !query.on_route;
        inside && holder.reached(item.listed, now) && !lies.hides(item.number) && lies.empty().is_none()
    });
    chosen.truncate(query.limit);
    lies.shuffle(&mut chosen, |item| item.number);
    let numbers = chosen.iter().map(|item| item.number).collect::<Vec<_>>();
    let nothing = lies.empty().is_some_and(|empty| empty.no_content);
    let list = shown(state, account, &numbers, &query.fields);
    if nothing { Response::empty(204) } else { Response::json(200, &list) }
}

/// The activities with these ids; unknown ids are ignored.
pub fn named(state: &mut State, account: usize, ids: &str, request: &Request) -> Response {
    let ids: Vec<&str> = ids.split(',').collect();
    let holder = &state.intervals.accounts[account];
    let found = ids.into_iter().filter_map(|id| holder.find(id)).map(|item| item.number).collect::<Vec<_>>();
    Response::json(200, &shown(state, account, &found, &fields(request)))
}

/// The activities with these numbers, with the fields of the request.
fn shown(state: &mut State, account: usize, numbers: &[u64], fields: &[String]) -> Value {
    let now = state.now();
    let holder = &state.intervals.accounts[account];
    let one = |item: &Item| {
        let object = object::of(holder, item, now);
        let mut reduced = reduce(object, fields);
        if let (true, false, true, Value::Object(map)) =
            (item.strava, fields.is_empty(), holder.spec.stubs_bare, &mut reduced)
        {
            map.remove("source");
            map.remove("_note");
        }
        reduced
    };
    let find = |number: &u64| holder.items.iter().find(|item| item.number == *number);
    let mut list: Vec<Value> = numbers.iter().filter_map(find).map(one).collect();
    state.lies.garble(&mut list, &TIMES, "id");
    state.intervals.accounts[account].reads += 1;
    list.into()
}
