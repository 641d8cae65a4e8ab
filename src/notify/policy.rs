//! When a channel is told, and what counts as the same failure.

use sha2::{Digest, Sha256};

use super::{Failure, Summary, What};
use crate::record::ProblemKind;

/// When a channel is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// When something was added or deleted, or when the failures changed, also to none.
    Change,
    /// When there are failures, and others than it knows of.
    Failure,
    /// After every run.
    Always,
}

/// How a channel is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tone {
    /// It was told of these failures before: their number is enough.
    pub known: bool,
    /// It was told of failures before, and there are none any more.
    pub recovered: bool,
}

/// Whether and how to speak to a channel that was told last of the failures with the digest `told`; `now` is that of this
/// run.
pub fn speaks(on: On, has_news: bool, now: &str, told: &str) -> Option<Tone> {
    let changed = now != told;
    let speaks = match on {
        On::Always => true,
        On::Failure => changed && !now.is_empty(),
        On::Change => changed || has_news,
    };
    let known = on == On::Change && !changed && !now.is_empty();
    speaks.then_some(Tone { known, recovered: now.is_empty() && changed })
}

/// A digest of the failures: the same until something else fails, or no longer does. Empty if nothing failed.
///
/// Order, times, numbers and waits in the messages do not matter. Nor does which activity it was when the trouble is one
/// of the whole service (a login, or a limit): each run would meet it with another.
pub fn digest(summary: &Summary) -> String {
    let mut marks: Vec<String> = summary.failures.iter().flat_map(marks).collect();
    if marks.is_empty() {
        return String::new();
    }
    marks.sort_unstable();
    marks.dedup();
    let hash = Sha256::digest(marks.join("\n").as_bytes());
    hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn marks(failure: &Failure) -> Vec<String> {
    let message = steady(&failure.message);
    let mark = |parts: &[&str]| [&[failure.stage.as_str()], parts, &[&message]].concat().join("\t");
    match &failure.what {
        What::Stage { exit } => vec![mark(&[&exit.map_or_else(String::new, |exit| exit.to_string())])],
        What::Records { place, kind: ProblemKind::Login | ProblemKind::RetryLater, .. } => {
            vec![mark(&[place, &failure.kind_name()])]
        }
        What::Records { place, items, .. } => {
            items.iter().map(|activity| mark(&[place, &failure.kind_name(), &activity.id])).collect()
        }
    }
}

/// A message without the words that differ from run to run: those with a digit in them, and units of time.
fn steady(message: &str) -> String {
    const UNITS: &[&str] = &["ms", "s", "sec", "second", "min", "minute", "h", "hour", "d", "day"];
    let is_steady = |word: &&str| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        !word.contains(|c: char| c.is_ascii_digit()) && !UNITS.contains(&bare.strip_suffix('s').unwrap_or(bare))
    };
    message.split_whitespace().filter(is_steady).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Record;

    fn told(id: &str, kind: &str, message: &str) -> String {
        let line = format!(
            r#"{{"type":"activity","platform":"p","id":"{id}","problem":{{"stage":"s","kind":"{kind}","message":"{message}"}}}}"#
        );
        let mut summary = Summary::default();
        summary.add(&Record::parse(line.as_bytes()).unwrap());
        digest(&summary)
    }

    #[test]
    fn times_and_counts_do_not_make_another_failure() {
        let first =
            told("1", "retry-later", "p asks not to be asked again before 2026-01-01T00:00:00Z; wait 2 h 5 min");
        let later =
            told("2", "retry-later", "p asks not to be asked again before 2026-01-02T10:00:00.5Z; wait 40 minutes");
        assert_eq!(first, later);
        assert_ne!(first, told("1", "retry-later", "no answer from p"));
        assert_ne!(told("1", "refused", "no"), told("2", "refused", "no"), "of an activity, it is another one");
        assert_ne!(told("1", "refused", "no"), told("1", "gone", "no"));
    }

    #[test]
    fn nothing_failed_is_empty_and_order_does_not_matter() {
        assert_eq!(digest(&Summary::default()), "");
        let of = |stages: &[&str]| {
            let mut summary = Summary::default();
            stages.iter().for_each(|stage| summary.add_stage(stage, Some(75), None));
            digest(&summary)
        };
        assert_eq!(of(&["a", "b"]), of(&["b", "a"]));
        assert_ne!(of(&["a"]), of(&["a", "b"]));
    }

    #[test]
    fn when_a_channel_is_told() {
        let (fresh, known) = (Tone::default(), Tone { known: true, recovered: false });
        let recovered = Tone { known: false, recovered: true };
        for (on, news, now, told, expected) in [
            (On::Change, false, "", "", None),
            (On::Change, true, "", "", Some(fresh)),
            (On::Change, false, "a", "", Some(fresh)),
            (On::Change, false, "a", "a", None),
            (On::Change, true, "a", "a", Some(known)),
            (On::Change, false, "b", "a", Some(fresh)),
            (On::Change, false, "", "a", Some(recovered)),
            (On::Failure, true, "", "", None),
            (On::Failure, false, "a", "", Some(fresh)),
            (On::Failure, true, "a", "a", None),
            (On::Failure, true, "", "a", None),
            (On::Always, false, "", "", Some(fresh)),
            (On::Always, false, "a", "a", Some(fresh)),
            (On::Always, false, "", "a", Some(recovered)),
        ] {
            assert_eq!(speaks(on, news, now, told), expected, "{on:?} {news} {now:?} {told:?}");
        }
    }
}
