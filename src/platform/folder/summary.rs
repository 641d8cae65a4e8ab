//! What a FIT file says of its exercise, as an activity. Pure.

use std::path::Path;

use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::activity::Activity;
use crate::fit::{self, Fit, Session};
use crate::platform::Listed;
use crate::sport;

/// The id of a file is of its bytes alone, wherever it stands: the first half of the first half of their SHA-256.
pub fn id_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The entry of a file; `shown` is its path.
pub fn listed(platform: &str, shown: &str, bytes: &[u8], fit: &Fit) -> Listed {
    let sport = fit.sport();
    let name = sport.and_then(sport::sport_name);
    let activity = Activity {
        platform: platform.to_owned(),
        id: id_of(bytes),
        name: Path::new(shown).file_stem().map(|stem| stem.to_string_lossy().into_owned()),
        sport: name.map(str::to_owned),
        sub_sport: fit.sub_sport().and_then(sport::sub_sport_name).map(str::to_owned),
        platform_sport: sport.filter(|_| name.is_none()).map(|number| number.to_string()),
        start_time: fit.start_time().and_then(|second| Timestamp::from_second(second).ok()),
        utc_offset_s: fit.activity.as_ref().and_then(|activity| activity.utc_offset_s),
        timer_time_s: sum(fit, |session| session.total_timer_time_s),
        elapsed_time_s: sum(fit, |session| session.total_elapsed_time_s),
        distance_m: sum(fit, |session| session.total_distance_m),
        manufacturer: fit.file_id.manufacturer.map(maker),
        device: device(fit),
        manual: false,
    };
    Listed { activity, raw: json!({"path": shown, "bytes": bytes.len()}).to_string() }
}

/// Over all sessions; nothing if none says it, as zero would claim to know.
fn sum(fit: &Fit, of: fn(&Session) -> Option<f64>) -> Option<f64> {
    let total: f64 = fit.sessions.iter().filter_map(of).sum();
    (total > 0.0).then_some(total)
}

fn maker(number: u16) -> String {
    fit::manufacturer_name(number).map_or_else(|| number.to_string(), str::to_owned)
}

/// `garmin 3290 3300000001`, as far as the file tells more than its maker.
fn device(fit: &Fit) -> Option<String> {
    let id = &fit.file_id;
    let product = id.product_name.clone().or_else(|| id.product.map(|number| number.to_string()));
    let serial = id.serial_number.map(|number| number.to_string());
    if product.is_none() && serial.is_none() {
        return None;
    }
    Some([id.manufacturer.map(maker), product, serial].into_iter().flatten().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::FileId;

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
        let Listed { activity, raw } = listed("folder:/w", "a.zip/2026/Morning run.fit", b"abc", &fit);
        assert_eq!(raw, r#"{"bytes":3,"path":"a.zip/2026/Morning run.fit"}"#);
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
