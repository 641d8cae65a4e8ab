//! The names of all settings, which of them are secrets, and which one a misspelt name may have meant.

/// Every setting there is, as `.env.example` shows it to people.
const EXAMPLE: &str = include_str!("../../.env.example");

/// Programs of all kinds read settings of these names: one of them does not make a `.env` file ours.
const SHARED: &[&str] = &["DATA_DIR", "DB_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR"];
/// The same, by how the names begin or end: proxies, and the channels of `gs-notify`.
const SHARED_PARTS: &[&str] = &[
    "_PROXY",
    "NTFY_",
    "TELEGRAM_",
    "SLACK_",
    "DISCORD_",
    "BARK_",
    "SERVERCHAN_",
    "DINGTALK_",
    "FEISHU_",
    "WEBHOOK_",
    "HEALTHCHECKS_",
];
/// How the names begin that nobody else uses.
const OWN_BEGINNINGS: &[&str] = &["GARMIN", "COROS_", "GS_", "SYNC_"];
/// Words that people write for those of the names.
const WORDS: &[(&str, &str)] = &[
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

/// The names of all settings that may stand in a `.env` file.
pub fn names() -> impl Iterator<Item = &'static str> {
    let named = |line: &'static str| {
        let (name, _) = line.strip_prefix('#')?.split_once('=')?;
        let is_name = name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        (is_name && !name.is_empty()).then_some(name)
    };
    EXAMPLE.lines().filter_map(named)
}

/// Whether there is a setting of this name. Secrets may also come as `NAME_FILE` or `NAME_COMMAND`, and the names of
/// proxies in lower case.
pub fn is_known(name: &str) -> bool {
    let is_listed = |name: &str| names().any(|known| known == name);
    let base = ["_FILE", "_COMMAND"].iter().find_map(|ending| name.strip_suffix(ending));
    is_listed(name)
        || base.is_some_and(|base| is_listed(base) && (is_secret(base) || base.contains("EMAIL")))
        || (name.ends_with("_proxy") && is_listed(&name.to_ascii_uppercase()))
}

/// Whether there is a setting of this name, and no other program has one.
pub fn is_own(name: &str) -> bool {
    is_known(name) && !is_shared(name)
}

fn is_shared(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    SHARED.contains(&name.as_str()) || SHARED_PARTS.iter().any(|part| name.starts_with(part) || name.ends_with(part))
}

/// What opens an account or a channel, or may: the addresses of bots hold their keys.
pub fn is_secret(name: &str) -> bool {
    let parts = ["PASSWORD", "TOKEN", "SECRET", "KEY", "HOOK", "URL", "COMMAND"];
    parts.iter().any(|part| name.contains(part))
}

/// What is wrong with a name of a `.env` file that is no setting, in words; nothing if it looks like none of ours.
pub fn is_unknown(name: &str) -> Option<String> {
    if is_known(name) {
        return None;
    }
    match nearest(name, |_| true) {
        Some(known) => Some(format!("unknown setting {name}; did you mean {known}?")),
        None if OWN_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning)) => {
            Some(format!("unknown setting {name}; gs-settings(5) lists them all"))
        }
        None => None,
    }
}

/// The same for a variable of the environment, where other programs have theirs: told only if it is all but the name of a
/// setting that nobody else has.
pub fn is_misspelt(name: &str) -> Option<String> {
    let known = (!is_known(name)).then(|| nearest(name, is_own))??;
    Some(format!("unknown setting {name}; did you mean {known}?"))
}

/// The setting that is nearest to a name, if one is near enough.
fn nearest(name: &str, is_meant: impl Fn(&str) -> bool) -> Option<&'static str> {
    let upper = name.to_ascii_uppercase();
    let written = written(&upper);
    let distance_to = |known: &str| {
        let words = words(known);
        if written.contains(&words) { 0 } else { distance(&upper, known) }
    };
    let most = if upper.len() < 8 { 1 } else { 2 };
    let all = names().filter(|known| is_meant(known)).map(|known| (distance_to(known), known));
    all.filter(|(distance, _)| *distance <= most).min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

/// The words of a name in a fixed order: people write some otherwise, or in another order.
fn words(name: &str) -> Vec<&str> {
    let standard = |word| WORDS.iter().find(|(written, _)| *written == word).map_or(word, |(_, meant)| *meant);
    let mut words: Vec<&str> = name.split('_').map(standard).collect();
    words.sort_unstable();
    words
}

/// What a written name may come to: as it is, without the name of the program before it, with the name of a platform taken
/// apart.
fn written(name: &str) -> Vec<Vec<&str>> {
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

/// How many letters have to be put in, taken out, replaced, or swapped with the next one.
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

/// The name of `known` that is nearest to `text`, for messages; nothing if none is near.
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
    fn a_misspelt_name_finds_the_one_that_is_meant() {
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
        ] {
            assert_eq!(meant(written), Some(known), "{written}");
            assert!(is_unknown(written).is_some_and(|text| text.contains(known)), "{written}");
        }
        assert!(is_unknown("COROS_REGION").is_some_and(|text| text.contains("gs-settings(5)")));
    }

    #[test]
    fn names_of_other_programs_are_left_alone() {
        for name in ["PATH", "HTTP_PROXY", "http_proxy", "XDG_DATA_DIRS", "GS_LIB", "DATABASE_URL", "DATA_DIRS", "LANG"]
        {
            assert_eq!(is_misspelt(name), None, "{name}");
        }
        for name in ["DATABASE_URL", "SECRET_KEY", "PORT", "EMAIL", "AWS_REGION"] {
            assert_eq!(is_unknown(name), None, "{name}");
        }
        assert!(is_misspelt("GARMIN_MAIL").is_some() && is_misspelt("SYNC_PLATFROM").is_some());
    }

    #[test]
    fn every_form_of_a_setting_is_known() {
        for name in ["GARMIN_EMAIL", "GARMIN_EMAIL_FILE", "COROS_PASSWORD_COMMAND", "NTFY_TOKEN_FILE", "https_proxy"] {
            assert!(is_known(name), "{name}");
        }
        for name in ["DATA_DIR_FILE", "data_dir", "GS_TIMEOUT_COMMAND", "HOME"] {
            assert!(!is_known(name), "{name}");
        }
        assert!(is_own("MAX_DELETE") && !is_own("DATA_DIR") && !is_own("NTFY_URL") && !is_own("all_proxy"));
    }

    #[test]
    fn a_swap_is_one_step() {
        assert_eq!([distance("ab", "ba"), distance("abc", "abd"), distance("", "ab")], [1, 1, 2]);
        assert_eq!(closest("runing", ["running", "cycling"].into_iter()), Some("running"));
        assert_eq!(closest("chess", ["running", "cycling"].into_iter()), None);
    }
}
