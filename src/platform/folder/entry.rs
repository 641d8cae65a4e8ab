//! A FIT file as an entry of a folder. Pure.

use std::path::Path;

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::activity::{Activity, PlatformId};
use crate::fit::Fit;
use crate::platform::Listed;
use crate::walk::plain;

/// The id of a file is of its bytes alone, wherever it stands: the first half of the first half of their SHA-256.
pub fn id_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The entry of a file; `shown` is its path.
pub fn listed(platform: &PlatformId, shown: &str, bytes: &[u8], fit: &Fit) -> Listed {
    let activity = Activity {
        platform: platform.clone(),
        id: id_of(bytes),
        name: Path::new(plain(shown)).file_stem().map(|stem| stem.to_string_lossy().into_owned()),
        device: fit.device(),
        ..fit.exercise()
    };
    Listed { activity, raw: json!({"path": shown, "bytes": bytes.len()}).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::{FileId, Session};
    use jiff::Timestamp;

    #[test]
    fn sessions_are_summed_and_what_nobody_says_is_left_out() {
        let session = |start_time, timer| Session {
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
        let Listed { activity, raw } = listed(&"folder:/w".into(), "a.zip/2026/Morning run.fit.gz", b"abc", &fit);
        assert_eq!(raw, r#"{"bytes":3,"path":"a.zip/2026/Morning run.fit.gz"}"#);
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
