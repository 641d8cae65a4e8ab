//! Tests of single rows of the decision table. `tests/it/plan/matching.rs` tests random activities.

use super::*;
use crate::activity::Activity;

fn entry(platform: &str, id: &str, start_s: i64, timer_s: f64, distance_m: f64) -> Activity {
    Activity {
        platform: platform.into(),
        id: id.into(),
        sport: Some("running".into()),
        start_time: jiff::Timestamp::from_second(1_767_881_421 + start_s).ok(),
        timer_time_s: Some(timer_s),
        distance_m: Some(distance_m),
        manufacturer: Some("garmin".into()),
        device: Some("7".into()),
        ..Activity::default()
    }
}

fn com(id: &str, start_s: i64, timer_s: f64, distance_m: f64) -> Activity {
    entry("garmin-com", id, start_s, timer_s, distance_m)
}

fn bare(activity: &Activity) -> Candidate<'_> {
    Candidate::of(activity, None, Some("garmin"))
}

fn filed<'a>(activity: &'a Activity, sha256: &str) -> Candidate<'a> {
    let file = FileFacts { sha256: Some(FileFacts::sha256(sha256)), ..FileFacts::default() };
    Candidate { file: Some(file), ..bare(activity) }
}

fn said(a: &Activity, b: &Activity) -> Option<&'static str> {
    Matcher::default().verdict(&bare(a), &bare(b)).map(|verdict| verdict.certainty.name())
}

fn native_device() -> Reason {
    Reason::NativeDevice { manufacturer: "garmin".into() }
}

#[test]
fn a_match_has_its_evidence_as_reasons() {
    let (a, b) = (com("1", 0, 2223.3, 4261.2), com("2", 2, 2223.0, 4257.0));
    let verdict = Matcher::default().verdict(&bare(&a), &bare(&b)).unwrap();
    assert_eq!(verdict.certainty, Certainty::Match);
    let reasons = [
        Reason::StartApart { seconds: 2.0 },
        Reason::SameSport { sport: "running".into() },
        Reason::TimerTime { percent: 0.0 },
        Reason::Distance { percent: 0.1 },
        Reason::SameDevice,
    ];
    assert_eq!(verdict.reasons, reasons);
    assert_eq!(serde_json::to_string(&Certainty::Match).unwrap(), r#""match""#);
}

#[test]
fn contradicting_activities_are_start_only_matches_at_most() {
    let run = com("1", 0, 1800.0, 5000.0);
    let strength = Activity { sport: Some("training".into()), ..com("2", 45, 1800.0, 0.0) };
    assert_eq!(said(&run, &strength), Some("start-only"));
    assert_eq!(said(&run, &com("2", 3, 900.0, 2500.0)), Some("start-only"), "truncated");
    assert_eq!(said(&run, &com("2", 61, 1800.0, 5000.0)), None, "over the tolerance");
    // Similar within 30 s and 100 m, but one after the other.
    assert_eq!(said(&com("1", 0, 45.0, 180.0), &com("2", 50, 50.0, 200.0)), Some("start-only"));
}

#[test]
fn a_match_with_less_data_requires_closer_values() {
    let unknown = |activity: Activity| Activity { sport: None, device: None, ..activity };
    let run = com("1", 0, 1800.0, 5000.0);
    assert_eq!(said(&run, &com("2", 40, 1850.0, 5200.0)), Some("match"), "one device makes one recording at a time");
    assert_eq!(said(&run, &unknown(com("2", 40, 1850.0, 5200.0))), Some("two-devices"));
    assert_eq!(said(&run, &unknown(com("2", 2, 1801.0, 5004.0))), Some("match"));
    assert_eq!(said(&run, &unknown(com("2", 40, 1801.0, 0.0))), Some("start-only"));
    assert_eq!(said(&run, &unknown(com("2", 2, 1801.0, 0.0))), Some("match"));
    assert_eq!(
        said(&com("1", 0, 0.0, 0.0), &com("2", 0, 0.0, 0.0)),
        Some("start-only"),
        "two zeros are not equal values"
    );
    let other = Activity { device: Some("8".into()), ..com("2", 0, 1800.0, 5000.0) };
    assert_eq!(said(&run, &other), Some("two-devices"));
    // The name of a device does not count on another platform, but its manufacturer does.
    let cn = Activity { platform: "garmin-cn".into(), ..other };
    assert_eq!(said(&run, &cn), Some("match"));
    let coros = Activity { manufacturer: Some("COROS".into()), ..cn };
    assert_eq!(said(&run, &coros), Some("two-devices"));
}

#[test]
fn a_shifted_match_is_a_whole_number_of_quarter_hours_apart() {
    let run = com("1", 0, 1800.0, 5000.0);
    let shifted = com("2", 8 * 3600 + 1, 1800.4, 5001.0);
    assert_eq!(said(&run, &shifted), Some("shifted"));
    assert_eq!(
        Matcher::default().verdict(&bare(&run), &bare(&shifted)).unwrap().reasons[0],
        Reason::StartShifted { minutes: 480 }
    );
    assert_eq!(said(&run, &com("2", 5 * 3600 + 2700, 1800.0, 5000.0)), Some("shifted"), "Nepal");
    assert_eq!(said(&run, &com("2", 26 * 3600, 1800.0, 5000.0)), Some("shifted"));
    assert_eq!(said(&run, &com("2", 26 * 3600 + 900, 1800.0, 5000.0)), None);
    assert_eq!(said(&run, &com("2", 24 * 3600 + 1, 1804.0, 5003.0)), None, "the same commute on another day");
    assert_eq!(said(&run, &com("2", 8 * 3600 + 1, 1800.4, 0.0)), None, "one measure is not enough");
}

#[test]
fn activities_with_one_file_match_unless_one_is_a_leg_or_a_part() {
    let matcher = Matcher::default();
    let said = |a: &Activity, b: &Activity| matcher.verdict(&filed(a, "f"), &filed(b, "f")).map(|v| v.certainty);
    let run = com("1", 0, 1800.0, 5000.0);
    // The same file with an edited sport, an edited distance and a slightly different start.
    let edited = Activity { sport: Some("hiking".into()), ..com("2", 90, 1800.0, 7000.0) };
    assert_eq!(said(&run, &edited), Some(Certainty::SameFile));
    assert_eq!(said(&run, &com("2", 8 * 3600, 1800.0, 5000.0)), Some(Certainty::SameFile), "shifted");
    let whole = Activity { sport: Some("multisport".into()), ..com("2", 0, 1800.0, 5000.0) };
    assert_eq!(said(&run, &whole), Some(Certainty::StartOnly), "a complete activity and its leg");
    assert_eq!(said(&run, &com("2", 1800, 1801.0, 5000.0)), Some(Certainty::SameFile), "a shift, not a leg");
    let leg = Activity { sport: Some("cycling".into()), ..com("2", 1800, 1801.0, 5000.0) };
    assert_eq!(said(&run, &leg), None, "the next leg");
    assert_eq!(said(&run, &com("2", 0, 900.0, 2500.0)), Some(Certainty::StartOnly), "split");
    let nowhere = Activity { start_time: None, ..com("2", 0, 1800.0, 5000.0) };
    assert_eq!(said(&run, &nowhere), Some(Certainty::SameFile));
}

#[test]
fn the_native_recording_is_kept_then_more_data_then_the_older_id() {
    let run = |id: &str| com(id, 0, 1800.0, 5000.0);
    let imported = Activity { manufacturer: Some("strava".into()), device: None, ..run("99") };
    let nameless = Activity { device: None, ..run("98") };
    let (native, older) = (run("1000"), run("999"));
    let copies = |all: &[&Activity]| {
        let all: Candidates = all.iter().map(|one| bare(one)).collect();
        let values =
            |found: FoundDuplicate| (found.index, found.of, found.verdict.certainty.name(), found.kept_because);
        Matcher::default().duplicates(&all).into_iter().map(values).collect::<Vec<_>>()
    };
    assert_eq!(copies(&[&imported, &native]), [(0, 1, "two-devices", native_device())]);
    assert_eq!(copies(&[&nameless, &native]), [(0, 1, "match", native_device())]);
    assert_eq!(copies(&[&native, &older]), [(0, 1, "match", Reason::LowerId)]);
    let facts = FileFacts { bytes: Some(9000), ..FileFacts::default() };
    let rich = Candidate { file: Some(facts), ..bare(&native) };
    let thin = Candidate { file: Some(FileFacts { bytes: Some(300), ..facts }), ..bare(&older) };
    for (other, reason) in
        [(bare(&older), Reason::OnlyArchived), (thin, Reason::MoreData { bytes: 9000, other_bytes: 300 })]
    {
        let copy = &Matcher::default().duplicates(&Candidates::from_iter([other, rich]))[0];
        assert_eq!((copy.of, &copy.kept_because), (1, &reason));
    }
    // A converted copy may be larger than the recording, and a device may have recorded it.
    let converted = Candidate { file: Some(FileFacts { is_converted: true, ..facts }), ..bare(&native) };
    let original = Candidate { file: Some(FileFacts { bytes: Some(300), ..facts }), ..bare(&nameless) };
    let copy = &Matcher::default().duplicates(&Candidates::from_iter([converted, original]))[0];
    assert_eq!((copy.of, &copy.kept_because), (1, &Reason::OtherConverted));
}

#[test]
fn a_duplicate_of_the_second_device_refers_to_the_second_device() {
    let watch = com("1", 0, 1800.0, 5000.0);
    let computer = Activity { device: Some("8".into()), ..com("2", 20, 1790.0, 5050.0) };
    let copy = Activity { device: Some("8".into()), ..com("3", 20, 1790.0, 5050.0) };
    let all = Candidates::from_iter([bare(&watch), bare(&computer), bare(&copy)]);
    let found = Matcher::default().duplicates(&all);
    let found: Vec<_> = found.iter().map(|one| (one.index, one.of, one.verdict.certainty)).collect();
    assert_eq!(found, [(1, 0, Certainty::TwoDevices), (2, 1, Certainty::Match)]);
}

#[test]
fn a_chain_of_matches_never_groups_contradicting_activities() {
    // Each activity matches the next one, but the first and the last are too far apart.
    let all = [0, 40, 80].map(|start| com(&start.to_string(), start, 1800.0 + start as f64, 5000.0));
    let all: Candidates = all.iter().map(bare).collect();
    for rule in [Rule::Evidence, Rule::Start] {
        let groups = Matcher { rule, ..Matcher::default() }.groups(&all);
        assert_eq!(groups.iter().map(<[u32]>::len).collect::<Vec<_>>(), [2, 1]);
    }
    // An activity without a sport matches both a run and a ride.
    let between = Activity { sport: None, ..com("2", 1, 1800.0, 5000.0) };
    let ride = Activity { sport: Some("cycling".into()), ..com("3", 2, 1800.0, 5000.0) };
    let run = com("1", 0, 1800.0, 5000.0);
    assert_eq!(Matcher::default().groups(&Candidates::from_iter([bare(&run), bare(&between), bare(&ride)])).len(), 2);
    // An activity without a distance and one without a time do not contradict, and the third one matches both.
    let (timed, measured) = (com("2", 1, 1800.0, 0.0), com("3", 2, 0.0, 5000.0));
    assert_eq!(Matcher::default().groups(&Candidates::from_iter([bare(&timed), bare(&run), bare(&measured)])).len(), 1);
}

#[test]
fn an_activity_on_three_platforms_is_one_group() {
    let native = com("21", 0, 1800.0, 5000.0);
    let cn = entry("garmin-cn", "5", 1, 1800.0, 5001.0);
    let coros = Activity { manufacturer: None, device: None, ..entry("coros", "4", 9, 1795.0, 5060.0) };
    let all = Candidates::from_iter([
        Candidate { native_manufacturer: Some("coros"), ..bare(&coros) },
        Candidate { native_manufacturer: None, ..bare(&cn) },
        bare(&native),
    ]);
    let groups = Matcher::default().groups(&all);
    assert_eq!(groups.len(), 1);
    assert_eq!(groups.members(0)[0], 2);
    assert_eq!(Matcher::why_best(&all, groups.members(0)), Some(native_device()));
    assert!(Matcher::default().possible_matches(&all, &groups).is_empty(), "a group has no possible matches");
}

#[test]
fn the_start_rule_compares_only_starts_and_finds_no_sure_duplicate() {
    let run = com("1", 0, 1800.0, 5000.0);
    let strength = Activity { sport: Some("training".into()), ..com("2", 45, 600.0, 0.0) };
    let matcher = Matcher { rule: Rule::Start, ..Matcher::default() };
    let verdict = matcher.verdict(&bare(&run), &bare(&strength)).unwrap();
    assert_eq!(
        (verdict.certainty, verdict.reasons),
        (Certainty::StartOnly, vec![Reason::StartApart { seconds: 45.0 }])
    );
    assert_eq!(matcher.groups(&Candidates::from_iter([bare(&run), bare(&strength)])).len(), 1);
    assert!(!verdict.certainty.is_duplicate());
}

#[test]
fn similar_activities_are_possible_matches_and_distinct_ones_are_not() {
    let run = com("1", 0, 1800.0, 5000.0);
    let matcher = Matcher::default();
    let on_coros = |change: fn(&mut Activity)| {
        let mut other = Activity { platform: "coros".into(), device: None, ..com("9", 0, 1800.0, 5000.0) };
        change(&mut other);
        let all = Candidates::from_iter([bare(&run), bare(&other)]);
        let groups = matcher.groups(&all);
        (groups.len(), matcher.possible_matches(&all, &groups).len())
    };
    assert_eq!(on_coros(|_| {}), (1, 0));
    assert_eq!(on_coros(|other| other.sport = Some("cycling".into())), (2, 1), "a sport changed by hand");
    assert_eq!(
        on_coros(|other| (other.timer_time_s, other.distance_m) = (None, None)),
        (2, 1),
        "only the start is known"
    );
    assert_eq!(on_coros(|other| other.sport = Some("multisport".into())), (2, 1), "a multisport activity and its part");
    assert_eq!(on_coros(|other| other.distance_m = Some(9000.0)), (2, 1), "a distance edited by hand");
    assert_eq!(on_coros(|other| other.timer_time_s = Some(600.0)), (2, 1), "a recording truncated at its end");
    let cut = |other: &mut Activity| {
        other.start_time =
            other.start_time.and_then(|start| start.checked_add(jiff::SignedDuration::from_secs(300)).ok());
        other.timer_time_s = Some(1500.0);
    };
    assert_eq!(on_coros(cut), (2, 1), "a recording truncated at its beginning");
    let strength = |other: &mut Activity| {
        (other.sport, other.timer_time_s) = (Some("training".into()), Some(600.0));
    };
    assert_eq!(on_coros(strength), (2, 0), "another sport and another duration");
    let after = |other: &mut Activity| {
        other.start_time =
            other.start_time.and_then(|start| start.checked_add(jiff::SignedDuration::from_secs(45)).ok());
        (other.sport, other.distance_m) = (Some("training".into()), None);
    };
    assert_eq!(on_coros(after), (2, 0), "another sport that starts later");
    let later = |other: &mut Activity| {
        other.start_time =
            other.start_time.and_then(|start| start.checked_add(jiff::SignedDuration::from_secs(1900)).ok());
    };
    assert_eq!(on_coros(later), (2, 0), "one after the other");
}
