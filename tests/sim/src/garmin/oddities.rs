//! Oddities of real histories, each applied to an otherwise ordinary activity.

use super::activity::{Activity, Device, Layout, Source};
use super::history::make_multisport;
use super::sports::{self, UNKNOWN};
use crate::clock::{self, ZONES};
use crate::fit::{Leg, Style, triathlon_legs};
use fastrand::Rng;

/// Labels of all oddities in a generated history.
pub const ODDITIES: [&str; 26] = [
    "multisport",
    "manual_404",
    "gpx_origin",
    "name_emoji",
    "unknown_type",
    "close_pair",
    "missing_distance",
    "name_cjk",
    "corrupt_original",
    "device_null",
    "repeated_hour",
    "manual_500",
    "name_missing",
    "name_rtl",
    "tcx_origin",
    "missing_gmt",
    "name_control",
    "device_zero",
    "same_start_two_devices",
    "name_long",
    "compressed_timestamps",
    "name_path",
    "chained_fit",
    "developer_fields",
    "name_empty",
    "one_second",
];

/// Applies an oddity to `activity`; `previous` is the activity before it in time.
pub fn apply(label: &str, activity: &mut Activity, previous: Option<&Activity>, rng: &mut Rng) {
    match label {
        "multisport" => make_multisport(activity, triathlon_legs()),
        "unknown_type" => {
            activity.sport = UNKNOWN;
            UNKNOWN.key.clone_into(&mut activity.type_key);
        }
        "close_pair" | "same_start_two_devices" => pair(label, activity, previous),
        "repeated_hour" => repeated_hour(activity),
        "developer_fields" => activity.recording.developer_fields = true,
        "one_second" => one_second(activity),
        _ if label.starts_with("name_") => rename(label, activity),
        _ if label.starts_with("missing_") || label.starts_with("device_") => listing(label, activity),
        _ => source(label, activity, rng),
    }
    activity.oddities.push(label.to_owned());
}

/// Two activities within seconds: the same ride on a watch and on a bike computer.
fn pair(label: &str, activity: &mut Activity, previous: Option<&Activity>) {
    let Some(other) = previous else { return };
    let later = if label == "close_pair" { 3 } else { 0 };
    activity.recording.start = other.recording.start + later;
    activity.recording.offset = other.recording.offset;
    activity.zone = other.zone.clone();
    activity.old_shape = other.old_shape;
    activity.recording.device.2 = 3_999_000_111;
    activity.device = Device::Id(3_999_000_111);
}

/// Moves the start into the hour that the clocks repeat in autumn.
fn repeated_hour(activity: &mut Activity) {
    let year = clock::civil(activity.recording.start).date.0 - 1;
    let zone = ZONES[0];
    if let Some(at) = zone.repeated_hour(year) {
        activity.recording.start = at;
        activity.recording.offset = zone.offset(at);
        activity.zone = (zone.id, zone.key.to_owned());
        activity.old_shape = year < 2022;
    }
}

fn one_second(activity: &mut Activity) {
    let sport = sports::SPORTS[0];
    activity.sport = sport;
    sport.key.clone_into(&mut activity.type_key);
    activity.recording.legs = vec![Leg { sport: sport.fit, style: Style::Indoor, seconds: 1, metres: Some(0.0) }];
    activity.recording.paused = 0;
    activity.distance = Some(0.0);
}

fn rename(label: &str, activity: &mut Activity) {
    let name = match label {
        "name_emoji" => "Morning run 🏃\u{200d}♀️🌋 with 👩\u{200d}👩\u{200d}👦",
        "name_cjk" => "晨跑 上海外滩 ランニング 달리기",
        "name_rtl" => "\u{202e}gpj.nur\u{202c} ריצת בוקר \u{200f}صباح",
        "name_control" => "Run\u{7}\u{1b}[31m red\u{1b}[0m\tand\nlines\u{0}",
        "name_path" => "../../etc/passwd: a\\b|c*?\"<x>",
        "name_empty" => "",
        "name_long" => &"Very long name ".repeat(60),
        _ => {
            activity.name = None;
            return;
        }
    };
    activity.name = Some(name.to_owned());
    name.clone_into(&mut activity.first_name);
}

fn listing(label: &str, activity: &mut Activity) {
    match label {
        "missing_distance" => activity.distance = None,
        "missing_gmt" => activity.without_gmt = true,
        "device_zero" => activity.device = Device::Zero,
        _ => activity.device = Device::Null,
    }
}

fn source(label: &str, activity: &mut Activity, rng: &mut Rng) {
    activity.source = match label {
        "manual_404" => Source::Manual404,
        "manual_500" => Source::Manual500,
        "gpx_origin" => Source::Gpx,
        "tcx_origin" => Source::Tcx,
        "corrupt_original" => Source::Corrupt403,
        "compressed_timestamps" => Source::Fit(Layout::Compressed),
        _ => Source::Fit(Layout::Chained),
    };
    if label.starts_with("manual") || label.ends_with("_origin") {
        activity.device = if rng.bool() { Device::Zero } else { Device::Null };
        activity.children.clear();
    }
    if label.ends_with("_origin") {
        let sport = sports::SPORTS[0];
        activity.sport = sport;
        sport.key.clone_into(&mut activity.type_key);
        let seconds = activity.recording.timer();
        let leg = super::history::leg_of(&sport, seconds, rng);
        activity.distance = leg.metres;
        activity.recording.legs = vec![leg];
    }
}
