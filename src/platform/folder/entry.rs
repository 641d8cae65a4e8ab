//! Reads a FIT file as an activity of a folder. Pure.

use std::path::Path;

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::activity::{Activity, PlatformId};
use crate::fit::Fit;
use crate::hex;
use crate::platform::ListedActivity;
use crate::walk::without_gz;

/// The id of a file, from its bytes alone: the first 8 bytes of their SHA-256, in hex.
pub fn id_of(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..8])
}

/// The activity in a file; `shown` is its path.
pub fn listed(platform: &PlatformId, shown: &str, bytes: &[u8], fit: &Fit) -> ListedActivity {
    let activity = Activity {
        platform: platform.clone(),
        id: id_of(bytes),
        name: Path::new(without_gz(shown)).file_stem().map(|stem| stem.to_string_lossy().into_owned()),
        device: fit.device(),
        ..fit.activity()
    };
    ListedActivity { activity, service_json: json!({"path": shown, "bytes": bytes.len()}).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::{FileId, SessionMessage};
    use jiff::Timestamp;

    #[test]
    fn sessions_are_added_up_and_unknown_fields_are_omitted() {
        let session = |start_time, timer| SessionMessage {
            sport: Some(1),
            sub_sport: Some(3),
            start_time: Some(start_time),
            total_timer_time_s: timer,
            total_elapsed_time_s: Some(100.0),
            total_distance_m: Some(0.0),
        };
        let file_id = FileId {
            manufacturer: Some(9999),
            serial_number: Some(7),
            product_name: Some("Watch 1".into()),
            ..FileId::default()
        };
        let fit = Fit { sessions: vec![session(2000, Some(90.0)), session(1000, None)], file_id, ..Fit::default() };
        let ListedActivity { activity, service_json } =
            listed(&"folder:/w".into(), "a.zip/2026/Morning run.fit.gz", b"abc", &fit);
        assert_eq!(service_json, r#"{"bytes":3,"path":"a.zip/2026/Morning run.fit.gz"}"#);
        let expected = Activity {
            platform: "folder:/w".into(),
            id: "ba7816bf8f01cfea".into(),
            name: Some("Morning run".into()),
            sport: Some("running".into()),
            sub_sport: Some("trail".into()),
            start_time: Timestamp::from_second(1000).ok(),
            timer_time_s: Some(90.0),
            elapsed_time_s: Some(200.0),
            manufacturer: Some("9999".into()),
            device: Some("9999 Watch 1 7".into()),
            ..Activity::default()
        };
        assert_eq!(activity, expected);
    }
}
