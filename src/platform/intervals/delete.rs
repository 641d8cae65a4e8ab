//! Deletes an activity at intervals.icu: the request and its response. Pure.
//!
//! A multisport file is one activity per leg there, and a deletion removes one of them. The others would stay as parts of
//! nothing, so such an activity is not deleted.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::api::{self, Athlete};
use super::list::{self, Legs};
use crate::http::{Request, Response, form, limit};
use crate::platform::{Error, Result};

/// The legs of an activity begin within a day, and the list's times are local.
const PADDING: SignedDuration = SignedDuration::from_hours(48);

/// The request for the list around the start of an activity, without its key.
pub fn legs_request(athlete: &Athlete, start: Timestamp) -> Result<Request> {
    let time = |time: std::result::Result<Timestamp, jiff::Error>| {
        let time = time.map_err(|_| Error::Rejected("the start of the activity is no time".into()))?;
        Ok::<_, Error>(time.to_zoned(TimeZone::UTC).datetime().strftime("%Y-%m-%dT%H:%M:%S").to_string())
    };
    let (oldest, newest) = (time(start.checked_sub(PADDING))?, time(start.checked_add(PADDING))?);
    let query = form(&[("oldest", &oldest), ("newest", &newest), ("fields", "id,start_date_local,file_sport_index")]);
    Ok(api::get(&athlete.path(&format!("activities?{query}"))).limit(limit::LIST))
}

/// Fails if an activity is a leg of a multisport file, by the list around its start.
pub fn check_legs(response: &Response, id: &str) -> Result<()> {
    let items = list::parse(response)?;
    let is_it = |item: &&Value| api::text(&item["id"]).is_some_and(|other| other == id);
    let Some(item) = items.iter().find(is_it) else {
        return Err(Error::retry_item(
            "the list of intervals.icu does not show the activity, so its legs are unknown; not deleted; try again later",
        ));
    };
    match Legs::of(&items).has_other_leg(item) {
        true => Err(Error::Rejected(
            "one of the activities that intervals.icu makes of a multisport file: not deleted, because the others would \
             stay; delete them together on the website"
                .into(),
        )),
        false => Ok(()),
    }
}

/// The request, without its key.
pub fn request(id: &str) -> Result<Request> {
    Ok(api::write("DELETE", &api::activity_path(id)?))
}

/// Reads the response.
pub fn read(response: &Response) -> Result<()> {
    match response.status {
        200..=299 => Ok(()),
        // The activity is deleted already, by another client or by an earlier try whose response was lost.
        404 => Ok(()),
        _ => Err(Error::Rejected(format!("intervals.icu rejected the deletion ({})", api::error_text(response)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Repeat;
    use serde_json::json;

    #[test]
    fn the_request_is_sent_once() {
        let request = request("i42").unwrap();
        assert_eq!((request.method, request.repeat, request.changes), ("DELETE", Repeat::Never, true));
        assert_eq!(request.url, "https://intervals.icu/api/v1/activity/i42");
    }

    #[test]
    fn a_leg_is_not_deleted_alone() {
        let item = |id: &str, start: &str, index: Value| json!({"id": id, "start_date_local": start, "file_sport_index": index});
        let check = |id: &str, items: &[Value]| {
            let body = Value::from(items.to_vec()).to_string().into_bytes();
            check_legs(&Response { status: 200, headers: Vec::new(), body }, id).is_err()
        };
        let run = item("i5", "2026-11-03T08:00:00", Value::Null);
        let legs = [
            item("i3", "2026-11-03T07:00:00", json!(2)),
            item("i2", "2026-11-03T06:30:00", json!(1)),
            item("i1", "2026-11-03T06:00:00", json!(0)),
        ];
        let all = [&legs[..], std::slice::from_ref(&run)].concat();
        assert_eq!(["i1", "i2", "i3", "i5"].map(|id| check(id, &all)), [true, true, true, false]);
        // Files of one sport may have an index, too.
        let day = item("i9", "2026-11-03T12:00:00", json!(0));
        assert!(!check("i1", &[legs[2].clone(), day]));
        assert!(check("i1", &[]) && check("i9", &legs), "a list without the activity proves nothing");
    }

    #[test]
    fn a_missing_activity_counts_as_deleted() {
        let answer = |status| read(&Response { status, headers: Vec::new(), body: b"{}".to_vec() });
        assert!(answer(200).is_ok() && answer(404).is_ok());
        assert!(matches!(answer(422), Err(Error::Rejected(_))), "an activity from Strava");
    }
}
