//! Exported files: GPX and TCX are valid by the published schemas, and gpsbabel finds the same trackpoints in a FIT file.
//!
//! Requires gpsbabel, xmllint (libxml2-utils), and the schemas of GPX and TCX in `target/schemas`, where `scripts/test` puts them.
//! Garmin's schemas of the extensions are in no package; `tests/external/schemas` restates their rules.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use gs_sim::fit::{self, FitBuilder, Message, Value, profile};
use serde_json::json;

use crate::support::Work;
use crate::support::paths::repository;

/// 2026-01-08T14:10:21Z.
const START: i64 = 1_767_881_421;

/// A ride with all values, some of them at the limits of the schemas, and a pause.
fn ride_with_all_values() -> FitBuilder {
    let record = |n: u16| {
        let sample = profile::Sample {
            at: START + i64::from(n) + if n < 50 { 0 } else { 300 },
            position: Some((-33.0 - f64::from(n) * 1e-4, 179.999 + f64::from(n % 11) * 1e-4)),
            altitude: Some(f64::from(n) - 30.0),
            distance: Some(f64::from(n) * 11.0),
            speed: Some(11.0),
            heart_rate: if n == 7 { 0 } else { 120 + (n % 30) as u8 },
            cadence: Some(if n == 8 { 254 } else { (n % 100) as u8 }),
        };
        let power = if n == 9 { u16::MAX } else { n * 600 };
        profile::record(&sample).with(7, Value::U16(power)).with(13, Value::I8(n as i8 - 50))
    };
    let totals = profile::Totals {
        start: START,
        end: START + 399,
        timer: 99.5,
        elapsed: 399.0,
        distance: Some(1089.0),
        sport: (2, 7),
        laps: (0, 1),
        ..profile::Totals::default()
    };
    let lap = profile::lap(&totals).with(17, Value::U8(90)).with(18, Value::U8(254)).with(19, Value::U16(250));
    FitBuilder::new()
        .push(profile::file_id(1, 3290, 1, START))
        .push(profile::timer_event(START, 0))
        .extend((0..50).map(record))
        .push(profile::timer_event(START + 49, 4))
        .push(profile::timer_event(START + 350, 0))
        .extend((50..100).map(record))
        .push(lap)
        .push(profile::session(&totals))
}

/// Files of all kinds, by name.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("run", fit::run(START, 900, 3000.0).build()),
        ("ride", fit::ride(START, 900, 9000.0).build()),
        ("triathlon", fit::triathlon(START).big_endian().build()),
        ("treadmill", fit::treadmill(START, 300, 1000.0).build()),
        ("swim", fit::swim(START, 300, 500.0).build()),
        ("strength", fit::strength(START, 600).build()),
        ("all-values", ride_with_all_values().build()),
        ("chain", fit::chain(&[fit::run(START, 60, 200.0).build(), fit::run(START, 60, 200.0).build()])),
        ("no-times", FitBuilder::new().push(profile::file_id(1, 1, 1, START)).push(Message::new(20)).build()),
    ]
}

/// A name with characters that XML forbids or that have a meaning in it.
const NAME: &str = "<b>&amp;\" ]]> \u{0}\u{b}\u{fffe}'跑步\u{1f3c3}";

fn record(path: &Path) -> String {
    let file = json!({"path": path, "sha256": "00", "bytes": 1});
    json!({"type": "activity", "platform": "garmin-com", "id": "1", "name": NAME, "file": file}).to_string()
}

/// A schema with all others: GPX and TCX as published, and the extensions.
fn schema(dir: &Path) -> PathBuf {
    let published = repository().join("target/schemas");
    let read = |name: &str| fs::read_to_string(published.join(name)).expect("scripts/test downloads the schemas");
    let tcx = read("GarminTrainingCenterDatabase_v2.xsd");
    // The only change of the package: the published schema requires the calories of a lap.
    let required = "<xsd:element name=\"Calories\" type=\"xsd:unsignedShort\"";
    let changed = format!("{required} minOccurs=\"0\"");
    assert_eq!(tcx.matches(&changed).count(), 1);
    fs::write(dir.join("tcx.xsd"), tcx.replace(&changed, required)).unwrap();
    fs::write(dir.join("gpx.xsd"), read("Topografix_gpx11.xsd")).unwrap();
    let mut imports = vec![
        ("http://www.topografix.com/GPX/1/1", dir.join("gpx.xsd")),
        ("http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2", dir.join("tcx.xsd")),
    ];
    let own = repository().join("tests/external/schemas");
    imports.extend([
        ("http://www.garmin.com/xmlschemas/TrackPointExtension/v1", own.join("TrackPointExtension.xsd")),
        ("http://www.garmin.com/xmlschemas/PowerExtension/v1", own.join("PowerExtension.xsd")),
        ("http://www.garmin.com/xmlschemas/ActivityExtension/v2", own.join("ActivityExtension.xsd")),
    ]);
    let import = |(namespace, path): (&str, PathBuf)| {
        format!("<xs:import namespace=\"{namespace}\" schemaLocation=\"{}\"/>", path.display())
    };
    let imports: String = imports.into_iter().map(import).collect();
    let all = dir.join("all.xsd");
    fs::write(&all, format!("<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\">{imports}</xs:schema>")).unwrap();
    all
}

/// Whether xmllint accepts a file, and what it says.
fn validate(schema: &Path, file: &Path) -> (bool, String) {
    let output = Command::new("xmllint").args(["--noout", "--nonet", "--schema"]).args([schema, file]).output();
    let output = output.expect("xmllint (libxml2-utils) is needed");
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn exported_gpx_and_tcx_files_are_valid_by_the_published_schemas() {
    let work = Work::alone();
    let schema = schema(work.dir());
    let mut valid = 0;
    for (name, bytes) in files() {
        let path = work.dir().join(format!("{name}.fit"));
        fs::write(&path, bytes).unwrap();
        for format in ["gpx", "tcx"] {
            for args in [&["--split", "multisport"][..], &["--privacy-zone", "45.0005,7.0005,150"]] {
                let args = [&["--format", format, "--name", name, "--out", "out"], args].concat();
                let said = work.given("gs-export", &args, &record(&path));
                for path in said.ok().record()["exported"].as_array().into_iter().flatten() {
                    let (is_valid, why) = validate(&schema, Path::new(path.as_str().unwrap()));
                    assert!(is_valid, "{why}");
                    valid += 1;
                }
            }
        }
    }
    assert!(valid > 30, "{valid}");
}

#[test]
fn the_schemas_reject_values_that_are_out_of_range() {
    let work = Work::alone();
    let schema = schema(work.dir());
    let path = work.dir().join("ride.fit");
    fs::write(&path, ride_with_all_values().build()).unwrap();
    for (format, right, wrong) in [
        ("gpx", "<gpxtpx:hr>121<", "<gpxtpx:hr>0<"),
        ("gpx", "<gpxtpx:cad>254<", "<gpxtpx:cad>255<"),
        ("gpx", "<pwr:PowerInWatts>600<", "<pwr:PowerInWatts>65536<"),
        ("gpx", "<type>cycling</type>", "<sport>cycling</sport>"),
        ("tcx", "<ax:Watts>600<", "<ax:Watts>-1<"),
        ("tcx", "Sport=\"Biking\"", "Sport=\"cycling\""),
        ("tcx", "<Calories>", "<calories>"),
    ] {
        let text = work.run("gs-export", &["--format", format, path.to_str().unwrap()]).ok().out.clone();
        assert!(text.contains(right), "{right}: {text}");
        let changed = work.dir().join("changed.xml");
        fs::write(&changed, text.replace(right, wrong)).unwrap();
        assert!(!validate(&schema, &changed).0, "{wrong}");
    }
}

/// A trackpoint of a GPX file: latitude, longitude, altitude, time, heart rate, cadence, temperature.
type Point = (f64, f64, Option<f64>, Option<String>, Option<String>, Option<String>, Option<f64>);

/// The trackpoints of a GPX file of gs-export or gpsbabel.
fn points(gpx: &str) -> Vec<Point> {
    let point = |text: &str| {
        let text = text.split("</trkpt>").next().unwrap();
        let attribute = |name: &str| text.split(&format!("{name}=\"")).nth(1)?.split('"').next()?.parse().ok();
        let element = |name: &str| Some(text.split(&format!("{name}>")).nth(1)?.split('<').next()?.to_owned());
        let number = |name: &str| element(name)?.parse().ok();
        // gpsbabel leaves out a cadence of 0.
        let cadence = element(":cad").filter(|cadence| cadence != "0");
        let time = element("<time");
        (
            attribute("lat").unwrap(),
            attribute("lon").unwrap(),
            number("<ele"),
            time,
            element(":hr"),
            cadence,
            number(":atemp"),
        )
    };
    gpx.split("<trkpt ").skip(1).map(point).collect()
}

fn is_near(one: Option<f64>, other: Option<f64>, tolerance: f64) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() <= tolerance,
        (one, other) => one == other,
    }
}

/// Compressed timestamps are not compared: gpsbabel 1.8 adds the lowest bits of a time to the time before it. It reads the
/// first file of a chain only.
#[test]
fn gpsbabel_finds_the_same_trackpoints() {
    let work = Work::alone();
    let mut compared = 0;
    for (name, bytes) in files().into_iter().filter(|(name, _)| *name != "chain") {
        let path = work.dir().join(format!("{name}.fit"));
        fs::write(&path, bytes).unwrap();
        let gpsbabel = Command::new("gpsbabel")
            .args(["-i", "garmin_fit", "-f", path.to_str().unwrap(), "-o", "gpx,garminextensions=1", "-F", "-"])
            .output()
            .expect("gpsbabel is needed");
        assert!(gpsbabel.status.success(), "{name}: {}", String::from_utf8_lossy(&gpsbabel.stderr));
        let theirs = points(&String::from_utf8(gpsbabel.stdout).unwrap());
        let ours = points(&work.run("gs-export", &[path.to_str().unwrap()]).out);
        assert_eq!(ours.len(), theirs.len(), "{name}");
        for (ours, theirs) in ours.iter().zip(&theirs) {
            let is_same = is_near(Some(ours.0), Some(theirs.0), 1e-7)
                && is_near(Some(ours.1), Some(theirs.1), 1e-7)
                && is_near(ours.2, theirs.2, 0.01)
                && (&ours.3, &ours.4, &ours.5) == (&theirs.3, &theirs.4, &theirs.5)
                && is_near(ours.6, theirs.6, 0.01);
            assert!(is_same, "{name}: {ours:?}, gpsbabel: {theirs:?}");
            compared += 1;
        }
    }
    assert!(compared > 2000, "{compared}");
}
