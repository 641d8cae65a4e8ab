//! Suggests settings for misspelt names.

use std::sync::LazyLock;

use super::names::{Source, is_known, is_own};
use super::setting::Setting;
use super::table::{VARIABLES, all};

/// Prefixes of names that no other program uses.
const OWN_PREFIXES: &[&str] = &["GARMIN", "COROS_", "GS_", "SYNC_"];
/// Words that people write, and the words that the names use instead.
const SYNONYMS: &[(&str, &str)] = &[
    ("MAIL", "EMAIL"),
    ("USER", "EMAIL"),
    ("USERNAME", "EMAIL"),
    ("LOGIN", "EMAIL"),
    ("PASS", "PASSWORD"),
    ("PASSWD", "PASSWORD"),
    ("PWD", "PASSWORD"),
    ("CHINA", "CN"),
    ("INTERNATIONAL", "COM"),
    ("PLATFORMS", "PLATFORM"),
];

/// Each name that gives a value to a setting, from any source. Every run compares all variables of its environment with
/// these names.
static KNOWN: LazyLock<Vec<KnownName>> = LazyLock::new(|| {
    let has = |setting: &Setting, source| source == Source::Value || setting.has_sources();
    let names = Source::ALL.into_iter().flat_map(|source| {
        all().filter(move |setting| has(setting, source)).map(move |setting| source.name(setting.name))
    });
    let known = |name: String| {
        let words = words(&name).into_iter().map(str::to_owned).collect();
        KnownName { words, letters: letters(&name), name }
    };
    names.map(known).collect()
});

/// A known name that misspelt names are compared with.
struct KnownName {
    name: String,
    /// The words of the name, as [`words`] returns them.
    words: Vec<String>,
    letters: Letters,
}

/// How often each letter occurs in a name; letters with equal last five bits are one.
type Letters = [u8; 32];

fn letters(name: &str) -> Letters {
    let mut letters = [0_u8; 32];
    for letter in name.chars().map(|letter| letter as usize & 31) {
        letters[letter] = letters[letter].saturating_add(1);
    }
    letters
}

/// The least number of edits between names with these letters: a replaced letter is one less of one and one more of another.
fn least_distance(a: &Letters, b: &Letters) -> usize {
    let more =
        |a: &Letters, b: &Letters| a.iter().zip(b).map(|(a, b)| usize::from(a.saturating_sub(*b))).sum::<usize>();
    more(a, b).max(more(b, a))
}

/// A warning about a name in a `.env` file that has no effect; `None` if it is a setting, or a variable of another
/// program.
pub(super) fn warn_of_file_name(name: &str) -> Option<String> {
    if is_known(name) {
        return None;
    }
    if VARIABLES.iter().any(|variable| !variable.is_shared && variable.names().any(|known| known == name)) {
        return Some(format!("{name} has no effect in this file; set it in the environment"));
    }
    match nearest(name, |_| true) {
        Some(known) => Some(format!("unknown setting {name}; did you mean {known}?")),
        None if OWN_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) => {
            Some(format!("unknown setting {name}; gs-settings(5) lists them all"))
        }
        None => None,
    }
}

/// A warning about a variable of the environment that is almost the name of a setting. The environment contains the
/// variables of all programs, so this function only suggests settings that no other program uses.
pub(super) fn warn_of_variable(name: &str) -> Option<String> {
    let is_variable = VARIABLES.iter().any(|setting| setting.names().any(|known| known == name));
    let known = (!is_known(name) && !is_variable).then(|| nearest(name, is_own))??;
    Some(format!("unknown setting {name}; did you mean {known}?"))
}

/// The name of a setting that is nearest to `name`, if one is near enough.
fn nearest(name: &str, is_meant: impl Fn(&str) -> bool) -> Option<&'static str> {
    let upper = name.to_ascii_uppercase();
    let length = upper.chars().count();
    let most = if length < 8 { 1 } else { 2 };
    let readings = readings(&upper);
    let own = letters(&upper);
    let distance_to = |known: &KnownName| match &known.name {
        _ if readings.iter().any(|reading| *reading == known.words) => Some(0),
        // Nearly all names differ in more letters, and counting these is quicker than comparing the names.
        _ if least_distance(&own, &known.letters) > most => None,
        name => Some(distance(&upper, name)).filter(|steps| *steps <= most),
    };
    let near = KNOWN.iter().filter_map(|known| Some((distance_to(known)?, known.name.as_str())));
    near.filter(|(_, known)| is_meant(known)).min_by_key(|(steps, _)| *steps).map(|(_, known)| known)
}

/// The words of a name with synonyms replaced, in a fixed order, because people change the order.
fn words(name: &str) -> Vec<&str> {
    let standard = |word| SYNONYMS.iter().find(|(written, _)| *written == word).map_or(word, |(_, meant)| *meant);
    let mut words: Vec<&str> = name.split('_').map(standard).collect();
    words.sort_unstable();
    words
}

/// The possible readings of a name: its words, its words without the name of the program in front, and its words with
/// the name of a platform split.
fn readings(name: &str) -> Vec<Vec<&str>> {
    let mut all = vec![words(name)];
    all.extend(["GARMINSYNC_", "GS_"].iter().filter_map(|program| name.strip_prefix(program)).map(words));
    for (platform, domain) in [("GARMINCN_", "CN"), ("GARMINCOM_", "COM")] {
        if let Some(rest) = name.strip_prefix(platform) {
            let mut apart = words(rest);
            apart.extend(["GARMIN", domain]);
            apart.sort_unstable();
            all.push(apart);
        }
    }
    all
}

/// The edit distance: the number of letters that are inserted, deleted, replaced, or swapped with the next letter.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// The word of `known` that is nearest to `text`, if one is near enough. For "did you mean".
pub fn closest<'a>(text: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let text = text.to_lowercase();
    let most = if text.chars().count() < 5 { 1 } else { 2 };
    let all = known.map(|name| (distance(&text, &name.to_lowercase()), name));
    all.filter(|(distance, _)| *distance <= most).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(name: &str) -> Option<&'static str> {
        nearest(name, |_| true)
    }

    #[test]
    fn a_misspelt_name_suggests_the_known_name() {
        for (written, known) in [
            ("SYNC_PLATFROM", "SYNC_PLATFORM"),
            ("SYNC_PLATFORMS", "SYNC_PLATFORM"),
            ("GARMIN_PASWORD", "GARMIN_PASSWORD"),
            ("GARMIN_MAIL", "GARMIN_EMAIL"),
            ("GARMIN_USERNAME", "GARMIN_EMAIL"),
            ("garmin_email", "GARMIN_EMAIL"),
            ("GARMIN_CN_PASSWD", "GARMIN_PASSWORD_CN"),
            ("GARMINCN_EMAIL", "GARMIN_EMAIL_CN"),
            ("GARMINSYNC_DATA_DIR", "DATA_DIR"),
            ("GS_SYNC_PLATFORM", "SYNC_PLATFORM"),
            ("DELETE_DUPLICATES", "DELETE_DUPLICATE"),
            ("HTTP_PROXY", "HTTPS_PROXY"),
            ("GARMIN_PASWORD_FILE", "GARMIN_PASSWORD_FILE"),
            ("COROS_PASS_COMMAND", "COROS_PASSWORD_COMMAND"),
        ] {
            assert_eq!(meant(written), Some(known), "{written}");
            assert!(warn_of_file_name(written).is_some_and(|text| text.contains(known)), "{written}");
        }
        assert!(warn_of_file_name("COROS_REGION").is_some_and(|text| text.contains("gs-settings(5)")));
    }

    #[test]
    fn a_full_width_letter_is_one_misspelt_letter() {
        assert_eq!(meant("GARMIN＿EMAIL＿CN"), Some("GARMIN_EMAIL_CN"));
        assert_eq!(meant("SYNC＿PLATＦORM"), Some("SYNC_PLATFORM"));
        for (a, b) in [("ab", "a＿"), ("", "晨"), ("＿＿", "__")] {
            assert!(least_distance(&letters(a), &letters(b)) <= distance(a, b), "{a} {b}");
        }
    }

    #[test]
    fn names_of_other_programs_cause_no_warning() {
        for name in ["PATH", "HTTP_PROXY", "http_proxy", "XDG_DATA_DIRS", "GS_LIB", "DATABASE_URL", "DATA_DIRS", "LANG"]
        {
            assert_eq!(warn_of_variable(name), None, "{name}");
        }
        for name in ["DATABASE_URL", "SECRET_KEY", "PORT", "EMAIL", "AWS_REGION"] {
            assert_eq!(warn_of_file_name(name), None, "{name}");
        }
        assert!(warn_of_variable("GS_UNQUOTE").is_none() && warn_of_file_name("GS_PATIENCE").is_none());
        assert!(warn_of_file_name("GS_FOREGROUND").is_some_and(|text| text.contains("no effect")));
        assert!(warn_of_variable("GARMIN_MAIL").is_some() && warn_of_variable("SYNC_PLATFROM").is_some());
    }

    #[test]
    fn swapped_letters_have_the_distance_one() {
        assert_eq!([distance("ab", "ba"), distance("abc", "abd"), distance("", "ab")], [1, 1, 2]);
        assert_eq!(closest("runing", ["running", "cycling"].into_iter()), Some("running"));
        assert_eq!(closest("chess", ["running", "cycling"].into_iter()), None);
    }
}
