//! The names of common manufacturers; the FIT profile has all.

/// Sorted by number, spelled as in the FIT profile.
const NAMES: &[(u16, &str)] = &[
    (1, "garmin"),
    (6, "srm"),
    (7, "quarq"),
    (9, "saris"),
    (13, "dynastream_oem"),
    (15, "dynastream"),
    (16, "timex"),
    (23, "suunto"),
    (32, "wahoo_fitness"),
    (38, "osynce"),
    (40, "concept2"),
    (41, "shimano"),
    (48, "pioneer"),
    (63, "specialized"),
    (67, "bkool"),
    (68, "cateye"),
    (69, "stages_cycling"),
    (70, "sigmasport"),
    (71, "tomtom"),
    (73, "wattbike"),
    (86, "elite"),
    (89, "tacx"),
    (95, "stryd"),
    (107, "magene"),
    (111, "technogym"),
    (115, "igpsport"),
    (123, "polar_electro"),
    (128, "ifit_com"),
    (132, "cycplus"),
    (135, "coospo"),
    (142, "tag_heuer"),
    (255, "development"),
    (258, "lezyne"),
    (260, "zwift"),
    (263, "favero_electronics"),
    (265, "strava"),
    (267, "bryton"),
    (268, "sram"),
    (281, "trainer_road"),
    (282, "the_sufferfest"),
    (289, "hammerhead"),
    (294, "coros"),
    (305, "whoop"),
    (307, "onelap"),
    (309, "form"),
    (310, "decathlon"),
    (326, "nike"),
    (331, "mywhoosh"),
    (337, "runna"),
    (339, "zepp"),
    (340, "peloton"),
    (348, "huawei"),
];

/// The name of a manufacturer in the FIT profile: 294 is `coros`. `None` for less common ones; show their number then.
pub fn manufacturer_name(number: u16) -> Option<&'static str> {
    let index = NAMES.binary_search_by_key(&number, |&(number, _)| number);
    index.ok().map(|index| NAMES[index].1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fitparser::profile::field_types::Manufacturer;

    #[test]
    fn manufacturer_numbers_and_names_are_those_of_the_fit_profile() {
        assert!(NAMES.is_sorted_by(|a, b| a.0 < b.0));
        for &(number, name) in NAMES {
            assert_eq!(Manufacturer::from(number).to_string(), name);
            assert_eq!(manufacturer_name(number), Some(name));
        }
        assert_eq!(manufacturer_name(294), Some("coros"));
        assert_eq!(manufacturer_name(9999), None);
    }
}
