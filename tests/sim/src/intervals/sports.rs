//! The service's words for types of activities, and the FIT sports that have them.

/// A word, the FIT sports that are called the same, and those that are probably shown under it.
type Row = (&'static str, &'static [(u8, u8)], &'static [(u8, u8)]);

/// All words of the API of 2026, in the order of its list. The service publishes no table of FIT sports: the first pairs
/// follow from the names, the others are likely.
const TYPES: [Row; 60] = [
    ("Ride", &[(2, 0)], &[(2, 7), (2, 49), (2, 48), (2, 10)]),
    ("Run", &[(1, 0)], &[(1, 2), (1, 4)]),
    ("Swim", &[(5, 17)], &[(5, 0)]),
    ("WeightTraining", &[(10, 20)], &[]),
    ("Hike", &[(17, 0)], &[(16, 0)]),
    ("Walk", &[(11, 0)], &[(11, 30), (11, 31), (11, 27)]),
    ("AlpineSki", &[(13, 0)], &[(13, 38)]),
    ("BackcountrySki", &[(13, 37)], &[]),
    ("Badminton", &[(64, 95)], &[]),
    ("Canoeing", &[(88, 0)], &[(19, 0)]),
    ("Crossfit", &[], &[]),
    ("EBikeRide", &[(21, 0)], &[(21, 28), (2, 28)]),
    ("EMountainBikeRide", &[(21, 47)], &[(2, 47)]),
    ("Elliptical", &[(4, 15)], &[]),
    ("Golf", &[(25, 0)], &[]),
    ("GravelRide", &[(2, 46)], &[]),
    ("TrackRide", &[(2, 13)], &[]),
    ("Handcycle", &[(2, 12)], &[(2, 88)]),
    ("HighIntensityIntervalTraining", &[(62, 70)], &[(62, 0), (62, 73), (62, 74), (62, 75)]),
    ("Hockey", &[(73, 0)], &[(73, 90), (73, 91)]),
    ("IceSkate", &[(33, 0)], &[]),
    ("InlineSkate", &[(30, 0)], &[]),
    ("Kayaking", &[(41, 0)], &[(41, 41), (42, 0)]),
    ("Kitesurf", &[(44, 0)], &[]),
    ("MountainBikeRide", &[(2, 8)], &[(2, 9), (2, 123)]),
    ("NordicSki", &[(12, 0)], &[(12, 42), (12, 37)]),
    ("OpenWaterSwim", &[(5, 18)], &[]),
    ("Padel", &[(64, 85)], &[]),
    ("Pilates", &[(10, 44)], &[]),
    ("Pickleball", &[(64, 84)], &[]),
    ("Racquetball", &[(64, 96)], &[]),
    ("Rugby", &[(72, 0)], &[]),
    ("RockClimbing", &[(31, 0)], &[(31, 68), (31, 69), (48, 0)]),
    ("RollerSki", &[], &[]),
    ("Rowing", &[(15, 0)], &[]),
    ("Sail", &[(32, 0)], &[(32, 65)]),
    ("Skateboard", &[], &[]),
    ("Snowboard", &[(14, 0)], &[(14, 38), (14, 37)]),
    ("Snowshoe", &[(35, 0)], &[]),
    ("Soccer", &[(7, 0)], &[]),
    ("Squash", &[(64, 94)], &[]),
    ("StairStepper", &[(4, 16)], &[]),
    ("StandUpPaddling", &[(37, 0)], &[]),
    ("Surfing", &[(38, 0)], &[]),
    ("TableTennis", &[(64, 97)], &[]),
    ("Tennis", &[(8, 0)], &[]),
    ("TrailRun", &[(1, 3)], &[(1, 67)]),
    ("Transition", &[(3, 0)], &[(3, 34), (3, 32), (3, 33)]),
    ("Velomobile", &[], &[]),
    ("VirtualRide", &[(2, 58)], &[(2, 6), (2, 5), (4, 6)]),
    ("VirtualRow", &[(15, 14)], &[(4, 14)]),
    ("VirtualRun", &[(1, 58)], &[(1, 1), (1, 45)]),
    ("VirtualSki", &[(4, 25)], &[]),
    ("WaterSport", &[(78, 0)], &[(39, 0), (40, 0), (77, 0), (82, 0), (53, 0)]),
    ("Wheelchair", &[(65, 0)], &[(66, 0), (65, 86), (66, 87)]),
    ("Windsurf", &[(43, 0)], &[]),
    ("Workout", &[(10, 0)], &[(10, 26), (10, 23), (4, 0), (10, 19), (86, 0), (47, 0), (83, 0), (84, 0), (80, 0)]),
    ("Yoga", &[(10, 43)], &[]),
    ("Other", &[(0, 0)], &[]),
    ("Cyclocross", &[(2, 11)], &[]),
];

/// Words whose FIT sport has another word, which is more frequent.
const RARE: [(&str, (u8, u8)); 4] =
    [("Crossfit", (10, 0)), ("RollerSki", (12, 0)), ("Skateboard", (0, 0)), ("Velomobile", (2, 10))];

/// Indoor rides and runs, which may also be shown as `Ride` and `Run` with `trainer`.
const INDOOR: [(u8, u8); 5] = [(2, 6), (2, 5), (4, 6), (1, 1), (1, 45)];

/// Whether the API knows this word.
pub fn is_type(word: &str) -> bool {
    TYPES.iter().any(|(name, ..)| *name == word)
}

/// The type of a FIT sport, and whether it is marked as `trainer`. A sub-sport without a row has the type of its sport;
/// a sport without a row is `Other`. The pairs that fit two words have the more frequent one: `Ride`, `NordicSki`,
/// `Workout`, `Canoeing`, `Other`.
pub fn by_fit(fit: (u8, u8), indoor_as_trainer: bool) -> (&'static str, bool) {
    let indoor = INDOOR.contains(&fit);
    match fit.0 {
        1 if indoor && indoor_as_trainer => ("Run", true),
        2 | 4 if indoor && indoor_as_trainer => ("Ride", true),
        _ => (find(fit).or_else(|| find((fit.0, 0))).unwrap_or("Other"), false),
    }
}

/// The FIT sport of a type.
pub fn fit_of(word: &str) -> Option<(u8, u8)> {
    let usual = TYPES.iter().find(|(name, ..)| *name == word).and_then(|(_, same, _)| same.first().copied());
    usual.or_else(|| RARE.iter().find(|(name, _)| *name == word).map(|(_, fit)| *fit))
}

fn find(fit: (u8, u8)) -> Option<&'static str> {
    TYPES.iter().find(|(_, same, likely)| same.contains(&fit) || likely.contains(&fit)).map(|(name, ..)| *name)
}

/// The word with spaces, which is the name of new activities: `Trail Run`.
pub fn title(word: &str) -> String {
    word.chars().enumerate().fold(String::new(), |mut out, (at, letter)| {
        if at > 1 && letter.is_uppercase() {
            out.push(' ');
        }
        out.push(letter);
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sports_have_their_types() {
        let known = [((1, 3), "TrailRun"), ((2, 46), "GravelRide"), ((5, 17), "Swim"), ((5, 99), "Swim")];
        let doubtful = [((2, 10), "Ride"), ((12, 0), "NordicSki"), ((10, 0), "Workout"), ((1, 1), "VirtualRun")];
        let unknown = [((254, 0), "Other"), ((18, 0), "Other")];
        for (fit, word) in known.into_iter().chain(doubtful).chain(unknown) {
            assert_eq!(by_fit(fit, false), (word, false), "{fit:?}");
        }
        assert_eq!([by_fit((1, 1), true), by_fit((2, 6), true)], [("Run", true), ("Ride", true)]);
        assert!(is_type("Cyclocross") && !is_type("cyclocross"));
        assert_eq!(
            (title("TrailRun"), title("EBikeRide"), title("Run")),
            ("Trail Run".into(), "EBike Ride".into(), "Run".into())
        );
    }

    #[test]
    fn every_type_has_a_sport() {
        assert!(TYPES.iter().all(|(name, ..)| fit_of(name).is_some()));
        assert_eq!([fit_of("Velomobile"), fit_of("Run"), fit_of("run")], [Some((2, 10)), Some((1, 0)), None]);
    }

    #[test]
    fn no_pair_has_two_types() {
        let mut all: Vec<_> = TYPES.iter().flat_map(|(_, same, likely)| same.iter().chain(*likely)).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
