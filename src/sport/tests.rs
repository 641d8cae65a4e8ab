//! The tables are complete and use the names of the FIT profile; known examples are correct.

use super::*;
use fitparser::profile::field_types::{Sport, SubSport};
use std::collections::HashSet;

fn type_rows() -> Vec<TypeRow> {
    rows(TYPES)
}

#[test]
fn every_published_activity_type_is_in_the_table_once() {
    let all = type_rows();
    let of = |family| all.iter().filter(|r| r.platform_family == family).count();
    assert_eq!((of(TypeFamily::Garmin), of(TypeFamily::Coros), of(TypeFamily::Intervals)), (152, 64, 60));
    assert_eq!(all.len(), 152 + 64 + 60, "no other family");
    let codes: HashSet<_> = all.iter().map(|r| (&r.platform_family, r.code)).collect();
    let keys: HashSet<_> = all.iter().map(|r| (&r.platform_family, &r.key)).collect();
    assert_eq!((codes.len(), keys.len()), (all.len(), all.len()));
}

#[test]
fn every_activity_type_has_a_fit_sport() {
    for row in type_rows() {
        let (sport, sub_sport) = (row.fit_sport.as_str(), row.fit_sub_sport.as_deref());
        assert!(sport_number(sport).is_some(), "{}: {sport}", row.key);
        assert_ne!(sub_sport, Some("generic"), "{}: leave it empty", row.key);
        if let Some(sub_sport) = sub_sport {
            let number = sub_sport_number(sub_sport);
            assert!(number.is_some(), "{}: {sub_sport}", row.key);
        }
    }
}

#[test]
fn sport_numbers_and_names_are_those_of_the_fit_profile() {
    for number in 0..=u8::MAX {
        let name = sport_name(number).map(str::to_owned);
        let theirs = Sport::is_named_variant(number.into());
        assert_eq!(name, theirs.then(|| Sport::from(number).to_string()));
        let name = sub_sport_name(number).map(str::to_owned);
        let theirs = SubSport::is_named_variant(number.into());
        assert_eq!(name, theirs.then(|| SubSport::from(number).to_string()));
    }
    assert_eq!(sport_name(1), Some("running"));
    assert_eq!(sport_number("jump_rope"), Some(84));
    assert_eq!(sub_sport_number("trail"), Some(3));
    assert_eq!(sport_number("Running"), None);
}

#[test]
fn known_activity_types_have_their_sports() {
    let running = |sub| Some(("running", sub));
    assert_eq!(from_garmin("running"), running(None));
    assert_eq!(from_garmin("trail_running"), running(Some("trail")));
    assert_eq!(from_garmin("lap_swimming"), Some(("swimming", Some("lap_swimming"))));
    assert_eq!(from_coros(100), running(None));
    assert_eq!(from_coros(102), running(Some("trail")));
    assert_eq!(from_coros(103), running(Some("track")));
    assert_eq!(from_coros(402), Some(("training", Some("strength_training"))));
    assert_eq!(from_coros(10000), Some(("multisport", Some("triathlon"))));
    assert_eq!((from_coros(403), from_coros(904)), (Some(("training", Some("yoga"))), from_garmin("yoga")));
    assert_eq!(from_coros(9807), Some(("cycling", Some("commuting"))));
    assert_eq!(coros_key(102), Some("trailRun"));
    assert_eq!((from_coros(999), coros_key(999)), (None, None));
    assert_eq!(from_garmin("underwater_basket_weaving"), None);
    assert_eq!(from_intervals("TrailRun"), from_garmin("trail_running"));
    assert_eq!((from_intervals("Yoga"), from_intervals("Quidditch")), (from_garmin("yoga"), None));
}

#[test]
fn older_and_newer_spellings_of_garmin_give_the_same_sport() {
    let skiing = Some(("cross_country_skiing", None));
    assert_eq!(from_garmin("cross_country_skiing_ws"), skiing);
    assert_eq!(from_garmin("cross_country_skiing"), skiing);
    assert_eq!(from_garmin("tennis"), Some(("tennis", None)));
    assert_eq!(from_garmin("tennis_v2"), Some(("tennis", None)));
    assert_eq!(from_garmin("transition"), Some(("transition", None)));
    assert_eq!(from_garmin("running_v2"), Some(("running", None)));
    assert_eq!(from_garmin("bikeToRunTransition"), Some(("transition", Some("bike_to_run_transition"))));
    assert_eq!((from_garmin(""), from_garmin("_v2")), (None, None));
}

#[test]
fn every_garmin_type_in_the_table_finds_its_own_row() {
    // If both `x` and `x_v2` are in the table, each finds its own row: nothing is shadowed.
    for row in type_rows().iter().filter(|r| r.platform_family == TypeFamily::Garmin) {
        let expected = (row.fit_sport.as_str(), row.fit_sub_sport.as_deref());
        assert_eq!(from_garmin(&row.key), Some(expected), "{}", row.key);
    }
}

#[test]
fn sports_belong_to_their_families() {
    let name = |sport, sub| family(Some(sport), sub).name();
    assert_eq!(name("running", Some("trail")), "running");
    assert_eq!(name("fitness_equipment", Some("treadmill")), "running");
    assert_eq!(name("e_biking", Some("e_bike_mountain")), "cycling");
    assert_eq!(name("fitness_equipment", Some("indoor_cycling")), "cycling");
    assert_eq!(name("swimming", Some("open_water")), "swimming");
    assert_eq!(name("generic", Some("lap_swimming")), "swimming");
    assert_eq!(name("hiking", None), "walking");
    assert_eq!(name("training", Some("strength_training")), "fitness");
    assert_eq!(name("hiit", None), "fitness");
    assert_eq!(name("snowboarding", Some("backcountry")), "winter");
    assert_eq!(name("rowing", None), "water");
    assert_eq!(name("fitness_equipment", Some("indoor_rowing")), "water");
    assert_eq!(name("transition", None), "multisport");
    assert_eq!(name("golf", None), "golf");
}

#[test]
fn an_unknown_sport_neither_confirms_nor_contradicts() {
    let (run, ride) = (family(Some("running"), None), family(Some("cycling"), None));
    assert_eq!(run.agrees(run), Some(true));
    assert_eq!(run.agrees(ride), Some(false));
    for nothing in [None, Some("generic"), Some("all"), Some("quidditch")] {
        assert_eq!(family(nothing, None), Family::UNKNOWN);
        assert_eq!(run.agrees(family(nothing, None)), None);
        assert_eq!(Family::UNKNOWN.agrees(family(nothing, None)), None);
    }
}

#[test]
fn garmin_and_coros_types_of_one_sport_have_one_family() {
    for (coros, garmin) in [
        (100, "running"),
        (101, "treadmill_running"),
        (104, "hiking"),
        (201, "indoor_cycling"),
        (202, "e_bike_fitness"),
        (300, "lap_swimming"),
        (402, "strength_training"),
        (403, "yoga"),
        (9807, "cycling"),
        (502, "cross_country_skiing_ws"),
        (701, "rowing_v2"),
        (802, "rock_climbing"),
        (1006, "paddelball"),
        (10000, "multi_sport"),
    ] {
        let of = |(sport, sub)| family(Some(sport), sub);
        let (coros, garmin_names) = (from_coros(coros), from_garmin(garmin));
        assert_eq!(coros.map(of), garmin_names.map(of), "{garmin}");
    }
}
