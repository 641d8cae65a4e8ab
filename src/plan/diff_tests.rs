use super::*;
use crate::activity::{Activity, ActivityKeyRef, Format};
use crate::matching::{FileComparisons, FileFacts};
use crate::streams::{Agreement, StreamComparison};

/// The rejection of a file.
static REJECTED: Reason = Reason::Rejected { detail: String::new() };
/// An upload that was accepted and never listed.
static LOST: Reason = Reason::UploadLost { seconds: 172_800, retry: String::new() };

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + minute * 60).unwrap()
}

/// A run of half an hour.
fn run(platform: &str, id: &str, minute: i64) -> Activity {
    Activity {
        platform: platform.into(),
        id: id.into(),
        sport: Some("running".into()),
        start_time: Some(at(minute)),
        timer_time_s: Some(1800.0 + minute as f64),
        distance_m: Some(5000.0 + minute as f64),
        ..Activity::default()
    }
}

/// An activity of a plan.
#[derive(Clone)]
struct Planned<'a> {
    activity: &'a Activity,
    presence: Presence,
    selected: bool,
    file: FileState,
    sha256: &'static str,
    bytes: Option<u64>,
    recorded_start: Option<Timestamp>,
}

fn entry(activity: &Activity) -> Planned<'_> {
    Planned {
        activity,
        presence: Presence::Listed,
        selected: true,
        file: FileState::Archived(Format::Fit),
        sha256: "aa",
        bytes: None,
        recorded_start: None,
    }
}

/// The entries in the form of the plan. All have a file, so that none is preferred.
fn all(entries: &[Planned]) -> PlatformActivities {
    let mut activities = PlatformActivities::default();
    for one in entries {
        let file = FileFacts { sha256: Some(FileFacts::sha256(one.sha256)), bytes: one.bytes, ..FileFacts::default() };
        activities.candidates.push(Candidate::of(one.activity, Some(file), None));
        activities.entries.push(PlatformActivity {
            presence: one.presence,
            selected: one.selected,
            file: one.file.clone(),
            recorded_start: one.recorded_start,
        });
    }
    activities
}

/// A target whose journal names activities by their keys.
struct Receiver {
    is_write_only: bool,
    name: &'static str,
    rejected_sports: &'static [&'static str],
    known: Vec<(Option<Timestamp>, Option<Timestamp>)>,
    journal: Vec<Sent>,
}

/// The upload of `garmin-com 1`.
#[derive(Debug, Clone, Copy)]
enum Sent {
    Open,
    /// The target has it, under this id if that is known.
    Exists(Option<&'static str>),
    Rejected(&'static Reason),
    Lost(&'static Reason),
}

impl Receiver {
    fn target(&self, all: &Candidates) -> Target<'static> {
        let upload = |sent: &Sent| Upload {
            from: all.find(ActivityKeyRef::new("garmin-com", "1")),
            sha256: FileFacts::sha256("aa"),
            state: match *sent {
                Sent::Open => UploadState::Open,
                Sent::Exists(id) => UploadState::Exists(id.and_then(|id| all.find(ActivityKeyRef::new(self.name, id)))),
                Sent::Rejected(reason) => UploadState::Rejected(reason),
                Sent::Lost(reason) => UploadState::Lost(reason),
            },
        };
        Target {
            is_write_only: self.is_write_only,
            name: self.name,
            accepted_formats: &[Format::Fit],
            rejected_sports: self.rejected_sports,
            known: self.known.clone(),
            journal: Journal::of(self.journal.iter().map(upload)),
        }
    }
}

fn coros(journal: Vec<Sent>) -> Receiver {
    Receiver { is_write_only: false, name: "coros", rejected_sports: &["sailing"], known: vec![(None, None)], journal }
}

/// The decision about the group of the first activity.
fn decided(entries: &[Planned], target: &Receiver, overrides: Overrides) -> Decision {
    decided_with(entries, &Links::default(), target, overrides)
}

fn decided_with(entries: &[Planned], links: &Links, target: &Receiver, overrides: Overrides) -> Decision {
    let activities = all(entries);
    let groups = Groups::of(&Matcher::default(), &activities, links);
    let group = (0..groups.groups.len()).find(|&group| groups.members(group).any(|at| at == 0)).unwrap();
    groups.decide(group, &target.target(&activities.candidates), overrides)
}

const NONE: Overrides = Overrides { restore_deleted: false, possible_duplicates: false, retry_rejected: false };

#[test]
fn a_missing_activity_is_uploaded_once_from_the_better_source() {
    let (here, there) = (run("garmin-com", "1", 0), run("garmin-cn", "2", 0));
    let entries =
        [Planned { bytes: Some(8), sha256: "bb", ..entry(&here) }, Planned { bytes: Some(9), ..entry(&there) }];
    let activities = all(&entries);
    let groups = Groups::of(&Matcher::default(), &activities, &Links::default());
    assert_eq!(groups.groups.len(), 1, "an activity on two platforms is uploaded to the third once");
    let more_data = Box::new(Reason::MoreData { bytes: 9, other_bytes: 8 });
    let source = Some(Reason::UploadedFrom { platform: "garmin-cn".into(), reason: more_data });
    assert_eq!(
        decided(&entries, &coros(vec![]), NONE),
        Decision::Upload(Choice { at: 1, source, possible_duplicate: None })
    );
}

#[test]
fn the_presence_decides_before_the_journal() {
    let (here, there) = (run("garmin-com", "1", 0), run("coros", "7", 0));
    let on = |presence| [entry(&here), Planned { presence, ..entry(&there) }];
    let target = || coros(vec![]);
    assert_eq!(decided(&on(Presence::Listed), &target(), NONE), Decision::Exists);
    assert_eq!(decided(&on(Presence::Deleted(at(9))), &target(), NONE), Decision::Deleted(at(9)));
    assert_eq!(decided(&on(Presence::MissingOnce(at(9))), &target(), NONE), Decision::MissingOnce(at(9)));
    let restore_deleted = Overrides { restore_deleted: true, ..NONE };
    assert!(matches!(
        decided(&on(Presence::Deleted(at(9))), &target(), restore_deleted),
        Decision::Upload(Choice { at: 0, .. })
    ));

    let alone = [entry(&here)];
    let with = |state| coros(vec![state]);
    assert_eq!(decided(&alone, &with(Sent::Open), NONE), Decision::Pending);
    assert_eq!(decided(&alone, &with(Sent::Exists(Some("9"))), NONE), Decision::Exists);
    assert_eq!(decided(&alone, &with(Sent::Exists(None)), NONE), Decision::Exists);
    assert_eq!(decided(&alone, &with(Sent::Rejected(&REJECTED)), NONE), Decision::Rejected(REJECTED.clone()));
    let retry = Overrides { retry_rejected: true, ..NONE };
    assert!(matches!(decided(&alone, &with(Sent::Rejected(&REJECTED)), retry), Decision::Upload(Choice { at: 0, .. })));
}

#[test]
fn a_never_listed_activity_is_neither_uploaded_nor_present_nor_restored() {
    let (here, there) = (run("garmin-com", "1", 0), run("coros", "7", 0));
    let unlisted = Presence::NeverListed(at(9));
    let entries = [Planned { presence: unlisted, ..entry(&here) }];
    assert_eq!(decided(&entries, &coros(vec![]), NONE), Decision::NoFile(Reason::ActivityNeverListed));
    let entries = [entry(&here), Planned { presence: unlisted, ..entry(&there) }];
    assert_eq!(decided(&entries, &coros(vec![]), NONE), Decision::Deleted(at(9)));
    assert!(matches!(
        decided(&entries, &coros(vec![]), Overrides { restore_deleted: true, ..NONE }),
        Decision::Upload(Choice { at: 0, .. })
    ));
    let later = Receiver { known: vec![(Some(at(5)), None)], ..coros(vec![]) };
    assert_eq!(decided(&entries, &later, NONE), Decision::NotListed);
    let sent = coros(vec![Sent::Exists(Some("7"))]);
    assert_eq!(decided(&entries, &sent, NONE), Decision::Exists, "services list uploads late");
}

#[test]
fn a_deleted_upload_stays_deleted_even_if_the_service_changed_it() {
    // The service lists it as a ride with another duration, so only the journal shows that it is the same activity.
    let here = run("garmin-com", "1", 0);
    let made = Activity { sport: Some("cycling".into()), timer_time_s: Some(60.0), ..run("coros", "7", 0) };
    let entries = [entry(&here), Planned { presence: Presence::Deleted(at(9)), ..entry(&made) }];
    let target = coros(vec![Sent::Exists(Some("7"))]);
    assert_eq!(decided(&entries, &target, NONE), Decision::Deleted(at(9)));
}

#[test]
fn an_uploaded_activity_stays_in_the_group_of_its_source() {
    let here = run("garmin-com", "1", 0);
    let made = Activity { sport: Some("cycling".into()), timer_time_s: Some(60.0), ..run("coros", "7", 0) };
    let entries = [Planned { bytes: Some(9), ..entry(&here) }, Planned { sha256: "bb", ..entry(&made) }];
    let links = Links { same: vec![(0, 1)], ..Links::default() };
    let activities = all(&entries);
    let groups = Groups::of(&Matcher::default(), &activities, &links);
    assert_eq!(groups.groups.len(), 1);
    let cn = Receiver { name: "garmin-cn", ..coros(vec![]) };
    // No reason is given: a link joined the group, not the comparison.
    let choice = Choice { at: 0, source: None, possible_duplicate: None };
    assert_eq!(decided_with(&entries, &links, &cn, NONE), Decision::Upload(choice));
}

#[test]
fn an_earlier_match_does_not_hold_against_files_of_two_people() {
    let (here, there) = (run("garmin-com", "1", 0), run("coros", "7", 0));
    let entries = [entry(&here), Planned { sha256: "bb", ..entry(&there) }];
    let links = Links { same: vec![(0, 1)], ..Links::default() };
    let activities = all(&entries);
    let heart_rate = Agreement { samples: 1800, difference: 25.0, ..Agreement::default() };
    let mut files = FileComparisons::default();
    let comparison = StreamComparison { heart_rate, ..StreamComparison::default() };
    files.add(FileFacts::sha256("aa"), FileFacts::sha256("bb"), comparison);
    let matcher = Matcher { files: files.into(), ..Matcher::default() };
    assert_eq!(Groups::of(&matcher, &activities, &links).groups.len(), 2);
    assert_eq!(Groups::of(&Matcher::default(), &activities, &links).groups.len(), 1);
}

#[test]
fn a_pair_with_a_corrected_date_is_a_possible_duplicate() {
    let (moved, there) = (run("garmin-com", "1", 0), run("coros", "7", 4 * 24 * 60));
    let links = Links { perhaps: vec![((0, 1), jiff::SignedDuration::from_hours(96))], ..Links::default() };
    let decide = |presence, overrides| {
        let entries = [entry(&moved), Planned { presence, ..entry(&there) }];
        let activities = all(&entries);
        let groups = Groups::of(&Matcher::default(), &activities, &links);
        assert_eq!(groups.groups.len(), 2, "they are separate groups");
        decided_with(&entries, &links, &coros(vec![]), overrides)
    };
    let Decision::PossibleDuplicate(1, verdict) = decide(Presence::Listed, NONE) else {
        panic!("not a possible duplicate")
    };
    assert_eq!(verdict.reasons, [Reason::MatchedBefore { days_apart: 4 }, Reason::DateMayBeCorrected]);
    let doubtful = Overrides { possible_duplicates: true, ..NONE };
    assert!(matches!(
        decide(Presence::Listed, doubtful),
        Decision::Upload(Choice { at: 0, possible_duplicate: Some(1), .. })
    ));
    // A deletion on the target is respected, too.
    assert_eq!(decide(Presence::Deleted(at(9)), NONE), Decision::Deleted(at(9)));
    assert_eq!(decide(Presence::MissingOnce(at(9)), NONE), Decision::MissingOnce(at(9)));
    let restore_deleted = Overrides { restore_deleted: true, ..NONE };
    assert!(matches!(decide(Presence::Deleted(at(9)), restore_deleted), Decision::Upload(Choice { at: 0, .. })));
}

#[test]
fn no_upload_without_a_listing_that_covers_the_start() {
    let here = run("garmin-com", "1", 0);
    let known = |from, until| Receiver { known: vec![(from, until)], ..coros(vec![]) };
    let decide = |target: Receiver| decided(&[entry(&here)], &target, NONE);
    assert_eq!(decide(Receiver { known: vec![], ..coros(vec![]) }), Decision::NotListed);
    assert_eq!(decide(known(Some(at(1)), None)), Decision::NotListed);
    assert_eq!(decide(known(None, Some(at(0)))), Decision::NotListed);
    assert!(matches!(decide(known(Some(at(0)), Some(at(1)))), Decision::Upload(_)));
}

#[test]
fn a_possible_duplicate_is_not_uploaded() {
    let here = run("garmin-com", "1", 0);
    // A sport that was changed by hand.
    let other_sport = Activity { sport: Some("cycling".into()), ..run("coros", "7", 0) };
    // The local start was read in another time zone.
    let shifted = Activity { start_time: Some(at(8 * 60)), ..run("coros", "7", 0) };
    // Only the start is known.
    let bare = Activity { timer_time_s: None, distance_m: None, ..run("coros", "7", 0) };
    for held in [&other_sport, &shifted, &bare] {
        let entries = [entry(&here), Planned { sha256: "bb", ..entry(held) }];
        assert!(matches!(decided(&entries, &coros(vec![]), NONE), Decision::PossibleDuplicate(1, _)), "{held:?}");
        let overrides = Overrides { possible_duplicates: true, ..NONE };
        assert!(matches!(
            decided(&entries, &coros(vec![]), overrides),
            Decision::Upload(Choice { at: 0, possible_duplicate: Some(1), .. })
        ));
    }
    // A strength session 45 s after a run is another activity.
    let strength = Activity {
        sport: Some("training".into()),
        sub_sport: Some("strength_training".into()),
        start_time: Some(Timestamp::from_second(at(0).as_second() + 45).unwrap()),
        timer_time_s: Some(600.0),
        distance_m: None,
        ..run("coros", "7", 0)
    };
    let entries = [entry(&here), entry(&strength)];
    assert!(matches!(decided(&entries, &coros(vec![]), NONE), Decision::Upload(Choice { at: 0, .. })));
}

#[test]
fn only_uploadable_files_are_uploaded() {
    let (here, there) = (run("garmin-com", "1", 0), run("garmin-cn", "2", 0));
    let with = |file| [Planned { file, ..entry(&here) }];
    let no_file = |file| match decided(&with(file), &coros(vec![]), NONE) {
        Decision::NoFile(reason) => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(no_file(FileState::Unavailable(Box::new(Reason::EnteredByHand))), Reason::EnteredByHand);
    assert_eq!(no_file(FileState::Archived(Format::Gpx)), Reason::FormatNotAccepted { format: "gpx".into() });
    assert!(matches!(decided(&with(FileState::ToDownload), &coros(vec![]), NONE), Decision::Upload(_)));
    // Otherwise every run would plan the upload, and gs-upload would skip it each time.
    let timeless = Activity { start_time: None, ..here.clone() };
    assert_eq!(decided(&[entry(&timeless)], &coros(vec![]), NONE), Decision::NoFile(Reason::NoStartTime));
    let denied = Planned { recorded_start: Some(at(48 * 60)), ..entry(&here) };
    let differ = Reason::StartsDiffer { listed: at(0), recorded: at(48 * 60) };
    assert_eq!(decided(&[denied], &coros(vec![]), NONE), Decision::NoFile(differ));
    // The next best source is used.
    let entries =
        [Planned { file: FileState::Unavailable(Box::new(Reason::EnteredByHand)), ..entry(&here) }, entry(&there)];
    assert!(matches!(decided(&entries, &coros(vec![]), NONE), Decision::Upload(Choice { at: 1, .. })));
    // A deleted activity, or one that is not selected, is not used as a source.
    let entries = [Planned { selected: false, ..entry(&here) }];
    assert!(matches!(decided(&entries, &coros(vec![]), NONE), Decision::NoFile(_)));
    let entries = [Planned { presence: Presence::Deleted(at(9)), ..entry(&here) }];
    assert!(matches!(decided(&entries, &coros(vec![]), NONE), Decision::NoFile(_)));
}

#[test]
fn a_rejected_activity_is_uploaded_again_when_its_file_changes() {
    let here = run("garmin-com", "1", 0);
    let target = coros(vec![Sent::Rejected(&REJECTED)]);
    let entries = [Planned { file: FileState::Archived(Format::Fit), sha256: "bb", ..entry(&here) }];
    assert!(matches!(decided(&entries, &target, NONE), Decision::Upload(_)));
}

#[test]
fn a_rejected_or_lost_activity_is_not_uploaded_from_another_source() {
    let (here, there) = (run("garmin-com", "1", 0), run("garmin-cn", "2", 0));
    let entries = [entry(&here), Planned { file: FileState::ToDownload, ..entry(&there) }];
    for state in [Sent::Rejected(&REJECTED), Sent::Lost(&LOST)] {
        let target = || coros(vec![state]);
        assert!(matches!(decided(&entries, &target(), NONE), Decision::Rejected(_)), "{state:?}");
        let overrides = Overrides { retry_rejected: true, ..NONE };
        assert!(matches!(decided(&entries, &target(), overrides), Decision::Upload(_)));
    }
    // A changed file of a rejected activity is uploaded. A lost upload may still appear, even if the file has changed.
    let entries = [Planned { file: FileState::Archived(Format::Fit), sha256: "bb", ..entry(&here) }, entry(&there)];
    assert!(matches!(decided(&entries, &coros(vec![Sent::Rejected(&REJECTED)]), NONE), Decision::Upload(_)));
    assert!(matches!(decided(&entries, &coros(vec![Sent::Lost(&LOST)]), NONE), Decision::Rejected(_)));
}

#[test]
fn a_sport_that_the_target_never_accepts_is_not_uploaded() {
    let sailing = Activity { sport: Some("sailing".into()), ..run("garmin-com", "1", 0) };
    for file in [FileState::Archived(Format::Fit), FileState::ToDownload] {
        let entries = [Planned { file, ..entry(&sailing) }];
        let rejected = Reason::SportNotAccepted { sport: "sailing".into(), platform: "coros".into() };
        assert_eq!(decided(&entries, &coros(vec![]), NONE), Decision::NoFile(rejected));
        let other = Receiver { name: "garmin-cn", rejected_sports: &[], ..coros(vec![]) };
        assert!(matches!(decided(&entries, &other, NONE), Decision::Upload(Choice { at: 0, .. })));
        let retry = Overrides { retry_rejected: true, ..NONE };
        assert!(matches!(decided(&entries, &coros(vec![]), retry), Decision::Upload(Choice { at: 0, .. })));
    }
}

/// An outbox: the journal alone decides.
fn outbox(journal: Vec<Sent>) -> Receiver {
    Receiver { name: "outbox:/out", rejected_sports: &[], is_write_only: true, ..coros(journal) }
}

#[test]
fn an_outbox_gets_each_activity_once_whatever_is_there() {
    let (here, later) = (run("garmin-com", "1", 0), run("coros", "7", 0));
    let alone = [entry(&here)];
    assert!(matches!(decided(&alone, &outbox(vec![]), NONE), Decision::Upload(Choice { at: 0, .. })));
    let delivered = || outbox(vec![Sent::Exists(Some("a.fit"))]);
    let all = Overrides { restore_deleted: true, possible_duplicates: true, retry_rejected: true };
    for overrides in [NONE, all] {
        assert_eq!(decided(&alone, &delivered(), overrides), Decision::Exists);
        // The group has another activity now, and the delivered one may be deleted.
        let deleted = Planned { presence: Presence::Deleted(at(9)), ..entry(&here) };
        assert_eq!(decided(&[entry(&later), deleted], &delivered(), overrides), Decision::Exists);
        assert_eq!(decided(&alone, &outbox(vec![Sent::Open]), overrides), Decision::Pending);
    }
}

#[test]
fn an_outbox_does_not_get_the_same_file_or_a_possible_duplicate_of_a_delivered_activity() {
    let delivered = || outbox(vec![Sent::Exists(None)]);
    // The same bytes, as a leg of a multisport activity has them.
    let leg = run("garmin-com", "2", 300);
    assert_eq!(decided(&[entry(&leg)], &delivered(), NONE), Decision::Exists);
    let other = Planned { file: FileState::Archived(Format::Fit), sha256: "bb", ..entry(&leg) };
    assert!(matches!(decided(&[other], &delivered(), NONE), Decision::Upload(_)));
    // The same start, and another distance.
    let (first, edited) = (run("garmin-com", "1", 0), Activity { distance_m: Some(9000.0), ..run("coros", "7", 0) });
    let edited = Planned { file: FileState::Archived(Format::Fit), sha256: "bb", ..entry(&edited) };
    let both = [edited, entry(&first)];
    assert!(matches!(decided(&both, &delivered(), NONE), Decision::PossibleDuplicate(1, _)));
    assert!(matches!(decided(&both, &outbox(vec![]), NONE), Decision::Upload(Choice { at: 0, .. })));
    let possible_duplicates = Overrides { possible_duplicates: true, ..NONE };
    assert!(matches!(decided(&both, &delivered(), possible_duplicates), Decision::Upload(Choice { at: 0, .. })));
}

#[test]
fn an_outbox_needs_no_listing_and_is_never_unlisted() {
    let future = run("garmin-com", "1", 60 * 24 * 9);
    let target = Receiver { known: vec![(None, Some(at(60)))], ..outbox(vec![]) };
    let start = future.start_time.unwrap();
    assert_eq!(decided(&[entry(&future)], &target, NONE), Decision::NoFile(Reason::StartInFuture { start }));
}
