//! The query of a list, and the activities that fit it.

use super::{bad, error};
use crate::clock;
use crate::garmin::activity::Activity;
use crate::garmin::sports::PARENTS;
use crate::http::{Request, Response};
use serde_json::Value;

/// The service's own limit, which is larger than the largest one that works.
const DEFAULT_LIMIT: usize = 99;

const EVENTS: [&str; 6] = ["race", "training", "recreation", "fitness", "specialEvent", "uncategorized"];

/// Bounds: parameter, field of the item, whether it is the lower one.
const BOUNDS: [(&str, &str, bool); 13] = [
    ("minDistance", "distance", true),
    ("maxDistance", "distance", false),
    ("minDuration", "duration", true),
    ("maxDuration", "duration", false),
    ("minElapsedDuration", "elapsedDuration", true),
    ("maxElapsedDuration", "elapsedDuration", false),
    ("minElevation", "elevationGain", true),
    ("maxElevation", "elevationGain", false),
    ("minAvgPower", "avgPower", true),
    ("lowerMaxDepth", "maxDepth", true),
    ("upperMaxDepth", "maxDepth", false),
    ("minBottomTime", "bottomTime", true),
    ("maxBottomTime", "bottomTime", false),
];

/// The sides of a box: parameter, field of the item, whether it is the lower one.
const BOX: [(&str, &str, bool); 4] = [
    ("lowerLatitude", "startLatitude", true),
    ("upperLatitude", "startLatitude", false),
    ("leftLongitude", "startLongitude", true),
    ("rightLongitude", "startLongitude", false),
];

/// The order of a list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By local start.
    Start,
    /// By distance.
    Distance,
    /// By time on the timer.
    Duration,
}

/// A query.
pub struct Search {
    /// Offset.
    pub start: usize,
    /// The maximum number of activities.
    pub limit: usize,
    /// Whether the legs of multisport activities are listed.
    pub with_legs: bool,
    /// Its order.
    pub order: Order,
    /// The smallest first.
    pub ascending: bool,
    from: Option<i64>,
    to: Option<i64>,
    kind: Option<(u32, String)>,
    sub_kind: Option<String>,
    excluded: Vec<String>,
    /// The field and its value.
    equal: Vec<(&'static str, bool)>,
    event: Option<String>,
    text: Option<String>,
    bounds: Vec<(&'static str, f64, bool)>,
    required: Vec<String>,
}

impl Search {
    /// Reads a query. Days are local; the type has to be a parent type; a box needs its four sides. A wrong value is a
    /// 400 for all parameters, which is known only for days.
    pub fn of(request: &Request, largest: usize) -> Result<Self, Response> {
        let limit = number(request, "limit", DEFAULT_LIMIT)?;
        if limit > largest {
            return Err(error(500, "InternalServerErrorException").note("the page is too large"));
        }
        let mut bounds = bounds(request, &BOUNDS)?;
        let sides = self::bounds(request, &BOX)?;
        if !sides.is_empty() && sides.len() < BOX.len() {
            return Err(bad("a box needs four sides"));
        }
        bounds.extend(sides);
        Ok(Search {
            start: number(request, "start", 0)?,
            limit,
            with_legs: choice(request, "excludeChildren", &["true", "false"])? == Some(1),
            order: match choice(request, "sortBy", &["startLocal", "distance", "duration"])? {
                Some(1) => Order::Distance,
                Some(2) => Order::Duration,
                _ => Order::Start,
            },
            ascending: choice(request, "sortOrder", &["desc", "asc"])? == Some(1),
            from: date(request, "startDate")?,
            to: date(request, "endDate")?,
            kind: kind(request)?,
            sub_kind: request.parameter("activitySubType"),
            excluded: all(request, "excludedActivitySubType"),
            equal: [
                ("favorite", choice(request, "favorite", &["0", "1"])?),
                ("decoDive", choice(request, "decoDive", &["false", "true"])?),
            ]
            .into_iter()
            .filter_map(|(field, value)| Some((field, value? == 1)))
            .collect(),
            event: choice(request, "eventType", &EVENTS)?.map(|index| EVENTS[index].to_owned()),
            text: request.parameter("search").map(|text| text.to_lowercase()).filter(|text| !text.is_empty()),
            bounds,
            required: all(request, "requiredField"),
        })
    }

    /// Whether an activity fits the parts of the query that need no item.
    pub fn fits(&self, activity: &Activity) -> bool {
        let day = activity.start_local().div_euclid(86_400) * 86_400;
        let is_kind = |(id, key): &(u32, String)| activity.type_key == *key || activity.sport.parent == *id;
        self.from.is_none_or(|from| day >= from)
            && self.to.is_none_or(|to| day <= to)
            && self.kind.as_ref().is_none_or(is_kind)
            && self.sub_kind.as_ref().is_none_or(|key| activity.type_key == *key)
            && !self.excluded.contains(&activity.type_key)
    }

    /// Whether the query has parts that need the item.
    pub fn needs_items(&self) -> bool {
        let Search { equal, event, text, bounds, required, .. } = self;
        event.is_some() || text.is_some() || !(equal.is_empty() && bounds.is_empty() && required.is_empty())
    }

    /// Whether an item fits those parts. An item without a field fits no bound of it.
    pub fn fits_item(&self, item: &Value) -> bool {
        let within = |(field, bound, lower): &(&str, f64, bool)| {
            item[field].as_f64().is_some_and(|value| if *lower { value >= *bound } else { value <= *bound })
        };
        let has = |text: &String| {
            let mut texts = ["activityName", "description"].iter().filter_map(|field| item[field].as_str());
            texts.any(|one| one.to_lowercase().contains(text.as_str()))
        };
        self.bounds.iter().all(within)
            && self.equal.iter().all(|(field, value)| item[field] == *value)
            && self.required.iter().all(|field| !item[field.as_str()].is_null())
            && self.event.as_ref().is_none_or(|key| item["eventType"]["typeKey"] == key.as_str())
            && self.text.as_ref().is_none_or(has)
    }
}

fn number(request: &Request, name: &str, default: usize) -> Result<usize, Response> {
    match request.parameter(name) {
        None => Ok(default),
        Some(text) => text.parse().map_err(|_| bad("start or limit is no number")),
    }
}

fn date(request: &Request, name: &str) -> Result<Option<i64>, Response> {
    match request.parameter(name) {
        None => Ok(None),
        Some(text) => clock::parse_date(&text).map(Some).ok_or_else(|| bad("a date is not YYYY-MM-DD")),
    }
}

/// The index of a parameter's value in its values.
fn choice(request: &Request, name: &str, values: &[&str]) -> Result<Option<usize>, Response> {
    let Some(text) = request.parameter(name) else { return Ok(None) };
    let found = values.iter().position(|value| *value == text);
    found.map(Some).ok_or_else(|| bad(&format!("{name} has none of its values")))
}

fn all(request: &Request, name: &str) -> Vec<String> {
    request.pairs().into_iter().filter(|(key, _)| key == name).map(|(_, value)| value).collect()
}

fn kind(request: &Request) -> Result<Option<(u32, String)>, Response> {
    let Some(text) = request.parameter("activityType") else { return Ok(None) };
    let parent = PARENTS.iter().find(|(_, key)| *key == text);
    parent.map(|(id, key)| Some((*id, (*key).to_owned()))).ok_or_else(|| bad("activityType is no parent type"))
}

type Bounds = Vec<(&'static str, f64, bool)>;

fn bounds(request: &Request, table: &[(&str, &'static str, bool)]) -> Result<Bounds, Response> {
    let mut found = Bounds::new();
    for (name, field, lower) in table {
        if let Some(text) = request.parameter(name) {
            let bound = text.parse().map_err(|_| bad("a bound is no number"))?;
            found.push((*field, bound, *lower));
        }
    }
    Ok(found)
}
