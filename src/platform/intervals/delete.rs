//! Deletes an activity at intervals.icu: the request and its response. Pure.

use super::api;
use crate::http::{Request, Response};
use crate::platform::{Error, Result};

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

    #[test]
    fn the_request_is_sent_once() {
        let request = request("i42").unwrap();
        assert_eq!((request.method, request.repeat, request.changes), ("DELETE", Repeat::Never, true));
        assert_eq!(request.url, "https://intervals.icu/api/v1/activity/i42");
    }

    #[test]
    fn a_missing_activity_counts_as_deleted() {
        let answer = |status| read(&Response { status, headers: Vec::new(), body: b"{}".to_vec() });
        assert!(answer(200).is_ok() && answer(404).is_ok());
        assert!(matches!(answer(422), Err(Error::Rejected(_))), "an activity from Strava");
    }
}
