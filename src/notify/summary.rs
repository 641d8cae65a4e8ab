//! What a run came to, gathered from its records and from how its stages ended.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use crate::activity::{Activity, ActivityKey};
use crate::exit::Exit;
use crate::matching::Certainty;
use crate::reason::Reason;
use crate::record::{ActivityRecord, Explanation, Outcome, Problem, ProblemKind, Record, TransferRecord};
use crate::status::judge::Health;
use crate::status::{self, Issue, RedactedReason};

/// What a run came to. Counts are by platform.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// Activities that were uploaded.
    pub added: Vec<SummaryEntry>,
    /// Activities that were deleted.
    pub deleted: Vec<SummaryEntry>,
    /// Failures; equal ones of several records are one.
    pub failures: Vec<FailureSummary>,
    /// Uploads whose outcome is not known yet.
    pub pending: BTreeMap<String, u64>,
    /// Deliberately skipped activities, by platform and reasons.
    pub skipped: BTreeMap<(String, String), SkippedGroup>,
    /// Duplicates that were found and not deleted.
    pub duplicates: BTreeMap<String, u64>,
    /// The current issues, whether or not this run caused them; `None`: unknown.
    pub health: Option<Health>,
    known: HashMap<(String, FailurePlace, String, String), usize>,
    /// The activities of each failure, with its place.
    counted: HashSet<(usize, ActivityKey)>,
}

/// Activities that were skipped for the same reasons.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SkippedGroup {
    /// Why.
    pub reasons: Vec<Reason>,
    /// How many.
    pub count: u64,
}

/// An activity that was added or deleted.
#[derive(Debug, Clone)]
pub struct SummaryEntry {
    /// Where.
    pub platform: String,
    /// The activity; of an upload, the one it was made from.
    pub activity: Activity,
}

/// Something that went wrong.
#[derive(Debug, Clone)]
pub struct FailureSummary {
    /// The command that met it.
    pub command: String,
    /// What it concerns.
    pub kind: FailureKind,
    /// Why; `None`: the command did not say, or the issue does.
    pub reason: Option<Reason>,
}

/// What a failure concerns.
#[derive(Debug, Clone)]
pub enum FailureKind {
    /// Records.
    Records {
        /// Where it happened.
        place: FailurePlace,
        /// The kind of the problem.
        kind: ProblemKind,
        /// The activities.
        items: Vec<Activity>,
    },
    /// The command as a whole.
    Stage {
        /// Its exit code.
        exit: u8,
    },
    /// An issue from the catalogue, as on the page.
    Issue(Box<Issue>),
}

/// Where records failed: on a platform, or on the way from one platform to another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FailurePlace {
    /// The source of an upload.
    pub from: Option<String>,
    /// The platform, or the target of an upload.
    pub platform: String,
}

impl FailurePlace {
    fn on(activity: &Activity) -> FailurePlace {
        FailurePlace { from: None, platform: activity.platform.to_string() }
    }
}

impl fmt::Display for FailurePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.from {
            Some(from) => write!(f, "{from} → {}", self.platform),
            None => f.write_str(&self.platform),
        }
    }
}

impl FailureSummary {
    /// Whether nothing but a person helps.
    pub fn needs_action(&self) -> bool {
        match &self.kind {
            FailureKind::Records { kind, .. } => *kind == ProblemKind::LoginRequired,
            FailureKind::Stage { exit } => *exit == Exit::LoginRequired.code(),
            FailureKind::Issue(issue) => issue.kind.needs_action(),
        }
    }

    /// How many things went wrong by it.
    pub fn count(&self) -> usize {
        match &self.kind {
            FailureKind::Records { items, .. } => items.len(),
            FailureKind::Stage { .. } => 1,
            FailureKind::Issue(issue) => issue.activities.len().max(1),
        }
    }

    /// The kind of the problem, as in records or `status.json`; `stage` if it is none of those.
    pub fn kind_name(&self) -> String {
        match &self.kind {
            FailureKind::Records { kind, .. } => kind.name().to_owned(),
            FailureKind::Stage { .. } => "stage".to_owned(),
            FailureKind::Issue(issue) => issue.kind.name(),
        }
    }
}

impl Summary {
    /// Adds one record.
    pub fn add(&mut self, record: &Record) {
        match record {
            Record::Transfer(transfer) => self.add_transfer(transfer),
            Record::Activity(activity) => self.add_activity(activity),
            Record::Other(_) => {}
        }
        if let Some(problem) = record.problem() {
            self.add_problem(record, problem);
        }
    }

    /// Adds the failure of a whole command.
    pub fn add_stage(&mut self, command: &str, exit: u8, reason: Option<Reason>) {
        self.failures.push(FailureSummary { command: command.to_owned(), kind: FailureKind::Stage { exit }, reason });
    }

    /// Adds the current issues. All records must have been added: issues that they report already are skipped, and an issue
    /// about a login replaces its records.
    pub fn add_judged(&mut self, health: Health) {
        let issues = health.actions.iter().chain(&health.warnings);
        let left: Vec<&Issue> = issues.filter(|issue| !self.is_reported(issue)).collect();
        // The issue says what a person must do; the records would only count as failures.
        let is_covered = |place: &FailurePlace, items: &[Activity]| {
            let is_reported = |item: &Activity, issue: &Issue| issue.activities.contains(&key(item));
            left.iter().filter(|issue| issue.kind.needs_action()).any(|issue| {
                let is_target = place.from.is_some() && issue.platform.as_ref() == Some(&place.platform);
                is_target && items.iter().all(|item| is_reported(item, issue))
            })
        };
        let is_login_covered = |place: &FailurePlace| {
            left.iter().any(|issue| {
                let is_login =
                    issue.kind == status::IssueKind::LoginNeeded || issue.kind <= status::IssueKind::LoginEnded;
                is_login && issue.platform.as_ref() == Some(&place.platform)
            })
        };
        let failures: Vec<FailureSummary> = left.iter().copied().map(issue_failure).collect();
        self.failures.retain(|failure| match &failure.kind {
            FailureKind::Records { kind: ProblemKind::LoginRequired, place, .. } => !is_login_covered(place),
            FailureKind::Records { place, items, .. } => !is_covered(place, items),
            _ => true,
        });
        self.failures.extend(failures);
        self.health = Some(health);
    }

    /// Whether something was added or deleted.
    pub fn has_news(&self) -> bool {
        !self.added.is_empty() || !self.deleted.is_empty()
    }

    /// How many things went wrong, but for those that need a person.
    pub fn failed(&self) -> usize {
        self.failures.iter().filter(|failure| !failure.needs_action()).map(FailureSummary::count).sum()
    }

    /// Whether a person is needed.
    pub fn needs_action(&self) -> bool {
        self.failures.iter().any(FailureSummary::needs_action)
    }

    fn add_transfer(&mut self, transfer: &TransferRecord) {
        let Some(outcome) = &transfer.outcome else { return };
        // "exists" changes nothing, and a "rejected" of this run has a problem: one without is old.
        self.add_outcome(&transfer.to, &transfer.activity.activity, outcome, &transfer.reasons);
    }

    fn add_activity(&mut self, record: &ActivityRecord) {
        let platform = &record.activity.platform;
        match (&record.outcome, &record.duplicate_of) {
            (Some(outcome), _) => self.add_outcome(platform, &record.activity, outcome, &outcome.reasons),
            (None, Some(kept))
                if record.problem.is_none()
                    && Certainty::named(&kept.certainty).is_some_and(Certainty::is_duplicate) =>
            {
                *self.duplicates.entry(platform.to_string()).or_default() += 1;
            }
            _ => {}
        }
    }

    fn add_outcome(&mut self, platform: &str, activity: &Activity, outcome: &Outcome, reasons: &[Explanation]) {
        let entry = || SummaryEntry { platform: platform.to_owned(), activity: activity.clone() };
        match outcome.kind.as_str() {
            "created" => self.added.push(entry()),
            "deleted" => self.deleted.push(entry()),
            "pending" => *self.pending.entry(platform.to_owned()).or_default() += 1,
            "skipped" => self.add_skipped(platform, reasons),
            _ => {}
        }
    }

    fn add_skipped(&mut self, platform: &str, reasons: &[Explanation]) {
        let reasons: Vec<Reason> = reasons.iter().map(Explanation::reason).collect();
        let key = reasons.iter().map(Reason::to_json).collect::<Vec<_>>().join("\n");
        let skipped = self.skipped.entry((platform.to_owned(), key)).or_default();
        skipped.count += 1;
        skipped.reasons = reasons;
    }

    fn add_problem(&mut self, record: &Record, problem: &Problem) {
        let (place, activity) = match record {
            // A download fails on the source alone.
            Record::Transfer(record) if problem.command != "gs-download" => {
                let activity = &record.activity.activity;
                (FailurePlace { from: Some(activity.platform.to_string()), platform: record.to.clone() }, activity)
            }
            Record::Transfer(record) => (FailurePlace::on(&record.activity.activity), &record.activity.activity),
            Record::Activity(record) => (FailurePlace::on(&record.activity), &record.activity),
            Record::Other(_) => return,
        };
        let reason = problem.why();
        let key = (problem.command.clone(), place.clone(), problem.kind.name().to_owned(), reason.to_json());
        let next = self.failures.len();
        let at = *self.known.entry(key).or_insert(next);
        if at == next {
            let kind = FailureKind::Records { place, kind: problem.kind.clone(), items: Vec::new() };
            self.failures.push(FailureSummary { command: problem.command.clone(), kind, reason: Some(reason) });
        }
        // A failed download for two platforms is one activity, not two.
        let is_new = self.counted.insert((at, activity.key()));
        if let (FailureKind::Records { items, .. }, true) = (&mut self.failures[at].kind, is_new) {
            items.push(activity.clone());
        }
    }

    /// Whether the records report it already.
    fn is_reported(&self, issue: &Issue) -> bool {
        if let Some(command) = &issue.command {
            let login = issue.kind == status::IssueKind::LoginNeeded;
            return (login || issue.kind == status::IssueKind::Failed) && self.has_reason_of(command, issue);
        }
        if issue.kind.needs_action() {
            return false;
        }
        let is_named = |of: &String| {
            let names = |activity: &Activity| *of == key(activity);
            let named = self.failures.iter().filter_map(|failure| match &failure.kind {
                FailureKind::Records { items, .. } => Some(items),
                _ => None,
            });
            named.flatten().any(names)
        };
        !issue.activities.is_empty() && issue.activities.iter().all(is_named)
    }

    /// Whether the records of a command report already why it failed.
    fn has_reason_of(&self, command: &str, issue: &Issue) -> bool {
        let own = || self.failures.iter().filter(|failure| failure.command == command);
        let worst = own().filter_map(|failure| match &failure.kind {
            FailureKind::Records { kind, .. } => Some(kind.exit()),
            _ => None,
        });
        let exit = issue.exit.and_then(Exit::of);
        let is_of_records =
            matches!(exit, Some(Exit::Partial | Exit::TempFail | Exit::LoginRequired)) && worst.max() >= exit;
        let is_same = |failure: &FailureSummary, reason: &RedactedReason| {
            failure.reason.as_ref().is_some_and(|own| RedactedReason::of(own) == *reason)
        };
        is_of_records && issue.reason.as_ref().is_none_or(|reason| own().any(|one| is_same(one, reason)))
    }
}

/// As a matter names an activity.
fn key(activity: &Activity) -> String {
    format!("{} {}", activity.platform, activity.id)
}

fn issue_failure(issue: &Issue) -> FailureSummary {
    let command = issue.command.clone().unwrap_or_default();
    // It is rendered in the language of the channel.
    FailureSummary { command, kind: FailureKind::Issue(Box::new(issue.clone())), reason: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str]) -> Summary {
        let mut summary = Summary::default();
        for line in lines {
            summary.add(&Record::parse(line.as_bytes()).unwrap());
        }
        summary
    }

    /// Platform, reasons and number of the skipped activities.
    fn skipped(summary: &Summary) -> Vec<(&str, &[Reason], u64)> {
        let all = summary.skipped.iter();
        all.map(|((platform, _), skipped)| (platform.as_str(), skipped.reasons.as_slice(), skipped.count)).collect()
    }

    const ALL: &[&str] = &[
        r#"{"type":"transfer","to":"coros","activity":{"platform":"garmin-com","id":"1"},"outcome":{"kind":"created","id":"9"}}"#,
        r#"{"type":"transfer","to":"coros","activity":{"platform":"garmin-com","id":"2"},"outcome":{"kind":"exists"}}"#,
        r#"{"type":"transfer","to":"coros","activity":{"platform":"garmin-com","id":"3"},"outcome":{"kind":"pending"}}"#,
        r#"{"type":"transfer","to":"coros","activity":{"platform":"garmin-com","id":"4"},"outcome":{"kind":"rejected"}}"#,
        r#"{"type":"activity","platform":"garmin-com","id":"5","outcome":{"kind":"deleted"}}"#,
        r#"{"type":"activity","platform":"garmin-com","id":"6","outcome":{"kind":"skipped","reasons":[{"code":"not-archived","text":"a"},{"code":"of-another-version","text":"b"}]}}"#,
        r#"{"type":"activity","platform":"garmin-com","id":"7","duplicate_of":{"id":"1","reasons":[],"certainty":"same-file"}}"#,
        r#"{"type":"activity","platform":"garmin-com","id":"8","duplicate_of":{"id":"1","reasons":[],"certainty":"start-only"}}"#,
        r#"{"type":"activity","platform":"garmin-com","id":"9","downloaded":true}"#,
        r#"{"type":"weather"}"#,
    ];

    #[test]
    fn only_results_of_the_current_run_are_counted() {
        let summary = of(ALL);
        let ids = |entries: &[SummaryEntry]| entries.iter().map(|e| e.activity.id.clone()).collect::<Vec<_>>();
        assert_eq!((ids(&summary.added), ids(&summary.deleted)), (vec!["1".into()], vec!["5".into()]));
        assert_eq!(summary.pending, BTreeMap::from([("coros".into(), 1)]));
        let reasons = [Reason::NotArchived, Reason::other("b")];
        assert_eq!(skipped(&summary), [("garmin-com", &reasons[..], 1)]);
        assert_eq!(summary.duplicates, BTreeMap::from([("garmin-com".into(), 1)]));
        assert!(summary.failures.is_empty(), "a rejection without a problem is an old one");
    }

    #[test]
    fn a_skipped_upload_is_reported_with_its_reason() {
        let held = r#"{"type":"transfer","to":"coros","activity":{"platform":"garmin-com","id":"1"},"reasons":[{"code":"format-not-accepted","format":"gpx","text":"GPX files are not uploaded"}],"outcome":{"kind":"skipped"}}"#;
        let reasons = [Reason::FormatNotAccepted { format: "gpx".into() }];
        assert_eq!(skipped(&of(&[held, held])), [("coros", &reasons[..], 2)]);
    }

    const LOGINS: &[&str] = &[
        r#"{"type":"activity","platform":"p","id":"1","problem":{"command":"gs-download","kind":"login-required","reason":{"code":"login-required","detail":"log in"}}}"#,
        r#"{"type":"transfer","to":"q","activity":{"platform":"p","id":"2"},"problem":{"command":"gs-download","kind":"login-required","reason":{"code":"login-required","detail":"log in"}}}"#,
    ];

    #[test]
    fn equal_failures_are_reported_once() {
        let summary = of(LOGINS);
        assert_eq!((summary.failures.len(), summary.failures[0].count()), (1, 2));
        assert!(summary.needs_action() && summary.failed() == 0);
    }

    #[test]
    fn a_failed_download_for_two_platforms_counts_once() {
        let to = |to: &str| {
            format!(
                r#"{{"type":"transfer","to":"{to}","activity":{{"platform":"p","id":"1"}},"problem":{{"command":"gs-download","kind":"not-found","reason":{{"code":"not-found","detail":"HTTP 404"}}}}}}"#
            )
        };
        let summary = of(&[&to("q"), &to("r")]);
        assert_eq!((summary.failures.len(), summary.failed()), (1, 1));
    }

    fn login_required(detail: &str) -> RedactedReason {
        RedactedReason::of(&Reason::LoginRequired { detail: detail.into() })
    }

    fn health(kind: status::IssueKind, exit: Option<u8>, reason: Option<RedactedReason>) -> Health {
        let issue = Issue {
            kind,
            platform: None,
            command: Some("gs-download".into()),
            exit,
            count: None,
            reason,
            at: None,
            fix: None,
            activities: Vec::new(),
        };
        Health { warnings: vec![issue], ..Health::default() }
    }

    #[test]
    fn a_failed_command_is_reported_unless_its_records_report_it() {
        let added = |what, exit, reason: Option<&str>| {
            let mut summary = of(LOGINS);
            summary.add_judged(health(what, exit, reason.map(login_required)));
            summary.failures.len() - 1
        };
        use status::IssueKind as Kind;
        assert_eq!(added(Kind::LoginNeeded, Some(77), Some("log in")), 0);
        assert_eq!(added(Kind::Failed, Some(75), None), 0);
        assert_eq!(added(Kind::LoginNeeded, Some(77), Some("something else")), 1);
        assert_eq!(added(Kind::Failed, Some(65), Some("log in")), 1, "a worse end than its records explain");
        assert_eq!(added(Kind::Unfinished, None, None), 1);
    }

    #[test]
    fn a_required_login_is_reported_once() {
        for (detail, standing) in [("log in", false), ("another login ended it", true)] {
            let mut summary = of(&LOGINS[..1]);
            let mut health = health(status::IssueKind::LoginNeeded, Some(77), Some(login_required(detail)));
            health.warnings[0].platform = Some("p".into());
            health.actions = std::mem::take(&mut health.warnings);
            summary.add_judged(health);
            let told: Vec<bool> =
                summary.failures.iter().map(|failure| matches!(failure.kind, FailureKind::Issue(_))).collect();
            assert_eq!(told, [standing], "{detail}");
            assert!(summary.needs_action());
        }
    }

    #[test]
    fn an_action_is_reported_in_the_run_that_finds_it() {
        let lost = r#"{"type":"transfer","to":"coros","activity":{"platform":"p","id":"1"},"problem":{"command":"gs-upload","kind":"rejected","reason":{"code":"upload-lost","seconds":172800,"retry":"gs-diff --retry-rejected"}}}"#;
        let told = |what, platform: &str| {
            let mut summary = of(&[lost]);
            let issue = Issue {
                platform: Some(platform.into()),
                activities: vec!["p 1".into()],
                fix: Some("gs-diff --retry-rejected".into()),
                ..Issue::new(what)
            };
            let (actions, warnings) = if what.needs_action() { (vec![issue], vec![]) } else { (vec![], vec![issue]) };
            summary.add_judged(Health { actions, warnings, ..Health::default() });
            (summary.needs_action(), summary.failed(), summary.failures.len())
        };
        assert_eq!(told(status::IssueKind::UploadsLost, "coros"), (true, 0, 1));
        assert_eq!(told(status::IssueKind::UploadsLost, "garmin-cn"), (true, 1, 2), "that is another one");
        assert_eq!(told(status::IssueKind::UploadsUnconfirmed, "coros"), (false, 1, 1));
    }

    #[test]
    fn failures_of_records_are_replaced_by_the_judged_issues() {
        let mut summary = of(LOGINS);
        let mut dead = health(status::IssueKind::LoginEnded, None, None);
        dead.warnings[0].platform = Some("p".into());
        summary.add_judged(dead);
        assert!(matches!(summary.failures.as_slice(), [FailureSummary { kind: FailureKind::Issue(_), .. }]));
        let failed = |ids: &[&str]| {
            let mut summary = of(LOGINS);
            let mut health = health(status::IssueKind::FilesFailed, None, None);
            let issue = &mut health.warnings[0];
            (issue.command, issue.activities) = (None, ids.iter().map(|id| (*id).to_owned()).collect());
            summary.add_judged(health);
            summary.failures.len() - 1
        };
        assert_eq!((failed(&["p 1", "p 2"]), failed(&["p 1", "p 3"])), (0, 1));
    }
}
