//! intervals.icu: what Garmin pushes.

use crate::common::{COM, multipart, send_bytes, token};
use crate::intervals::start;
use crate::intervals_upload::{START, listed, run, stored, upload};
use gs_sim::{ActivitySpec, IntervalsSpec, fit};

#[test]
fn garmin_pushes_a_filtered_file_with_its_id() {
    let sim = start(IntervalsSpec::default());
    let spec =
        ActivitySpec { name: Some("Morning".into()), sport: Some("trail_running".into()), ..ActivitySpec::default() };
    let id = sim.with(|state| state.add_activity(COM, &spec));
    let original = sim.with(|state| state.account(COM).find(id).unwrap().original().unwrap());
    let here = sim.with(|state| state.push_from_garmin(COM, id)).unwrap();
    let one = listed(&sim)[0].clone();
    assert_eq!((one["id"].as_str(), one["source"].as_str()), (Some(here.as_str()), Some("GARMIN_CONNECT")));
    assert_eq!((one["external_id"].as_str(), one["name"].as_str()), (Some(id.to_string().as_str()), Some("Morning")));
    assert_eq!((one["type"].as_str(), one["device_name"].as_str()), (Some("TrailRun"), Some("Garmin Forerunner 265")));
    let pushed = stored(&sim)[0].file.clone().unwrap().1;
    assert!(pushed != original && fit::check::fault(&pushed).is_none());
    assert_eq!(fit::scan::summary(&pushed), fit::scan::summary(&original));
    assert_eq!(upload(&sim, &original).status, 201, "the original is another file");
    assert_eq!(upload(&sim, &pushed).status, 200);
    assert_eq!(sim.with(|state| state.push_from_garmin(COM, id)), None);
    assert_eq!(sim.with(|state| state.push_from_garmin(COM, 1)), None);
    sim.with(|state| state.rename_activity(COM, id, "Evening"));
    assert_eq!(stored(&sim).iter().filter(|one| one.name.as_deref() == Some("Morning")).count(), 1);
}

#[test]
fn a_connected_garmin_account_pushes_its_new_activities_but_no_imports() {
    let sim = start(IntervalsSpec { pushed_by: Some(COM.into()), ..IntervalsSpec::default() });
    let token = token(&sim, COM);
    let to_garmin = |path: &str, import: &str, bytes: &[u8]| {
        let (media, body) = multipart("file", Some("a.fit"), bytes);
        let bearer = format!("Bearer {token}");
        let headers = [("User-Agent", "x"), ("Authorization", &bearer), ("Content-Type", media), ("NK", import)];
        assert!(
            send_bytes(&sim, "POST", &format!("/connectapi.garmin.com{path}"), &headers, &body).unwrap().status < 300
        );
    };
    to_garmin("/upload-service/upload", "", &run());
    assert_eq!(stored(&sim).len(), 1);
    to_garmin("/upload-service/upload/fit", "NT", &fit::ride(START + 9000, 3600, 27_000.0).build());
    assert_eq!(stored(&sim).len(), 1);
    to_garmin("/upload-service/upload", "", &fit::triathlon(START + 90_000).build());
    assert_eq!(stored(&sim).len(), 6, "every leg");
    sim.with(|state| state.add_activity("garmin.cn", &ActivitySpec::default()));
    assert_eq!(stored(&sim).len(), 6);
    sim.with(|state| state.add_activity(COM, &ActivitySpec::default()));
    assert_eq!(stored(&sim).len(), 7);
    assert!(stored(&sim).iter().all(|one| one.source == "GARMIN_CONNECT" && one.external_id.is_some()));
}
