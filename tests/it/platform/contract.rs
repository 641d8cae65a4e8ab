//! The contract of `PlatformReader` and `PlatformWriter`, tested for every service of `Platforms` and for a folder: one
//! test suite, run for each platform of the table. The services in memory, which test the engine, are included.
//!
//! A new service needs a configuration in [`Contract::of`], and nothing else here.

#![allow(clippy::print_stdout)]

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::support::memory_platform::{Manners, Memory};
use crate::support::open_platform::{self, AtOnce, Opened};
use crate::support::world::{World, run, start};
use garminsync::activity::Activity;
use garminsync::archive::unpack;
use garminsync::clock::Clock;
use garminsync::http::{Http, Secret};
use garminsync::platform::{
    Access, AccessKind, Context, Credentials, Download, Error, ListEnd, ListedActivity, LoginWays, Page, PlatformKind,
    PlatformLogin, PlatformReader, PlatformSpec, PlatformWriter, Platforms, Result, Service, UploadFile, UploadRef,
    UploadStatus, Window,
};
use gs_sim::fit::{Recording, damage};
use gs_sim::{BurstSpec, KeySpec, LoggedRequest, Scenario, UploadAnswer};
use jiff::Timestamp;

/// One open platform and its backend.
struct Contract {
    spec: Arc<PlatformSpec>,
    name: String,
    backend: Backend,
    opened: Opened,
}

/// The service behind a platform.
enum Backend {
    World(World),
    Memory(Memory),
}

/// How long services take to process an upload.
#[derive(Debug, Clone, Copy)]
enum Pace {
    Usual,
    /// The status is requested twice before the activity exists.
    Slow,
    /// The upload response already contains the activity.
    AtOnce,
}

impl Pace {
    fn set(self, scenario: &mut Scenario) {
        match self {
            Pace::Usual => {}
            Pace::Slow => {
                scenario.accounts.iter_mut().for_each(|account| account.upload.polls = 2);
                scenario.coros[0].import.polls = 2;
            }
            Pace::AtOnce => {
                scenario.accounts.iter_mut().for_each(|account| account.upload.answer = UploadAnswer::Created);
                scenario.coros[0].import.at_once = true;
            }
        }
    }

    fn manners(self, manners: Manners) -> Manners {
        let polls = match self {
            Pace::Usual => manners.polls,
            Pace::Slow => Some(2),
            Pace::AtOnce => None,
        };
        Manners { polls, ..manners }
    }
}

impl Backend {
    fn put_bytes(&self, name: &str, bytes: &[u8]) -> String {
        match self {
            Backend::World(world) => world.put_bytes(name, bytes),
            Backend::Memory(memory) => memory.put(bytes),
        }
    }

    fn remove(&self, name: &str, id: &str) {
        match self {
            Backend::World(world) => world.remove(name, id),
            Backend::Memory(memory) => memory.remove(id),
        }
    }

    fn ids(&self, name: &str) -> Vec<String> {
        match self {
            Backend::World(world) => world.ids(name),
            Backend::Memory(memory) => memory.ids(),
        }
    }

    /// The requests so far; a service in memory gets none.
    fn requests(&self) -> Vec<LoggedRequest> {
        match self {
            Backend::World(world) => world.sim.log(),
            Backend::Memory(_) => Vec::new(),
        }
    }
}

impl Contract {
    /// Opens a row: a service, `folder` or a service in memory; logged in, if it has a login.
    fn of(row: &str, pace: Pace) -> Contract {
        let contract = Contract::logged_out(row, pace);
        let user = match row {
            "garmin-com" => "runner@example.com",
            "garmin-cn" => "runner@example.cn",
            _ => "runner@example.org",
        };
        if contract.spec.has_login() {
            let password = match &contract.backend {
                Backend::World(world) if row == BY_KEY => {
                    world.sim.with(|state| state.issue_personal_key("garmin.com", &KeySpec::default()))
                }
                Backend::World(world) if row == "intervals" => world.sim.with(|state| state.intervals_key()),
                _ => "correct horse".to_owned(),
            };
            let credentials = Credentials { user: user.into(), password: Secret::new(password) };
            contract.opened.login.as_ref().unwrap().login(&credentials, &mut |_| None).unwrap();
        }
        if let Backend::World(world) = &contract.backend {
            world.sim.clear_log();
        }
        contract
    }

    /// The same, without a login.
    fn logged_out(row: &str, pace: Pace) -> Contract {
        let of_memory = |id: &'static str, manners| {
            let memory = Memory::new(id, pace.manners(manners), Clock::System);
            let spec = Arc::new(memory.spec());
            let opened = open_platform::open_spec(&spec, "http://127.0.0.1:9", None);
            Contract { spec, name: id.to_owned(), backend: Backend::Memory(memory), opened }
        };
        match row {
            "strict" => return of_memory("strict", Manners::strict()),
            "lax" => return of_memory("lax", Manners::lax()),
            BY_KEY | "garmin-com" | "garmin-cn" | "coros" | "intervals" | "folder" => {}
            other => panic!("{other} is in the table and has no configuration here; add one"),
        }
        let world = World::changed(|scenario| {
            pace.set(scenario);
            scenario.personal.burst = BurstSpec::none();
        });
        let name = match row {
            "folder" => world.folder(),
            BY_KEY => "garmin-com".to_owned(),
            row => row.to_owned(),
        };
        let spec = Platforms::default().find_exact(&name).unwrap();
        assert_eq!(spec.has_login(), row != "folder");
        let opened = match row {
            BY_KEY => open_platform::open_access(&spec, AccessKind::ApiKey, &world.sim.base_url()),
            _ => open_platform::open_spec(&spec, &world.sim.base_url(), None),
        };
        Contract { spec, name, backend: Backend::World(world), opened }
    }

    fn put(&self, recording: &Recording) -> String {
        self.backend.put_bytes(&self.name, &recording.encode())
    }

    fn count(&self) -> usize {
        self.backend.ids(&self.name).len()
    }

    /// An activity of which only the id is known.
    fn activity(&self, id: &str) -> Activity {
        Activity { platform: self.name.as_str().into(), id: id.to_owned(), ..Activity::default() }
    }

    /// All activities of a window; the list has to be complete.
    fn list(&self, window: Window) -> Vec<ListedActivity> {
        let mut all = Vec::new();
        let ending = self.opened.platform.list(&window, &mut |page: Page| {
            assert_eq!(page.unreadable, [""; 0]);
            all.extend(page.activities);
            Ok(ControlFlow::Continue(()))
        });
        assert_eq!(ending.unwrap(), ListEnd::Complete);
        all
    }

    fn all(&self) -> Vec<ListedActivity> {
        self.list(Window::default())
    }

    fn starts(&self, window: Window) -> Vec<i64> {
        self.list(window).iter().map(|listed| listed.activity.start_time.unwrap().as_second()).collect()
    }

    /// Uploads a file and requests its status until it is final.
    fn upload(&self, file: &UploadFile) -> Result<UploadStatus> {
        let mut answer = self.opened.platform.upload(file)?;
        for _ in 0..9 {
            let UploadStatus::Pending(ticket) = &answer else { return Ok(answer) };
            let sent = UploadRef { status_ref: Some(ticket), file: None };
            let mut answers = self.opened.platform.upload_status(&[sent]).unwrap();
            assert_eq!(answers.len(), 1);
            answer = answers.remove(0)?;
        }
        panic!("pending for ever");
    }
}

/// Every service, a folder, and the services in memory.
fn rows() -> Vec<String> {
    let services = Platforms::default().services().iter().map(|spec| spec.id.to_string()).collect::<Vec<_>>();
    services.into_iter().chain(["folder", "strict", "lax"].map(str::to_owned)).collect()
}

/// garmin.com as it is read with an API key.
const BY_KEY: &str = "garmin-com by key";

/// Checks each row, and each further access that only reads.
fn on_each_reader(check: impl Fn(&Contract)) {
    println!("{BY_KEY}");
    check(&Contract::of(BY_KEY, Pace::Usual));
    on_each(check);
}

/// Checks each row, with services of this pace.
fn on_each_with(pace: Pace, check: impl Fn(&Contract)) {
    for row in rows() {
        println!("{row}");
        check(&Contract::of(&row, pace));
    }
}

fn on_each(check: impl Fn(&Contract)) {
    on_each_with(Pace::Usual, check);
}

fn at(day: i64) -> Option<Timestamp> {
    Timestamp::from_second(start(day)).ok()
}

fn outgoing(bytes: &[u8], day: i64) -> UploadFile<'_> {
    let name = "activity-1.fit";
    UploadFile {
        bytes,
        format: garminsync::activity::Format::Fit,
        name,
        start_time: at(day),
        utc_offset_s: Some(0),
        reupload: false,
        not_after: None,
    }
}

fn ids(listed: &[ListedActivity]) -> Vec<String> {
    listed.iter().map(|listed| listed.activity.id.clone()).collect()
}

#[test]
fn a_list_has_each_activity_once_and_newest_first() {
    on_each_reader(|contract| {
        let put: BTreeSet<String> = (0..250).map(|day| contract.put(&run(-day))).collect();
        let listed = contract.all();
        assert_eq!((listed.len(), ids(&listed).into_iter().collect::<BTreeSet<_>>()), (250, put));
        let starts: Vec<i64> = (0..250).map(|day| start(-day)).collect();
        assert_eq!(contract.starts(Window::default()), starts);
        for one in listed {
            assert_eq!(one.activity.platform, contract.name);
            assert!(serde_json::from_str::<serde_json::Value>(&one.service_json).is_ok(), "{}", one.service_json);
            assert!(one.activity.sport.as_deref() == Some("running") && one.activity.timer_time_s > Some(1000.0));
        }
    });
}

#[test]
fn a_list_that_changes_during_the_read_shows_each_activity_once() {
    on_each_reader(|contract| {
        let mut put: Vec<String> = (0..450).map(|day| contract.put(&run(-day))).collect();
        let change = |page: usize| match page {
            1 => drop(contract.put(&run(1))),
            2 => contract.backend.remove(&contract.name, &put[0]),
            _ => {}
        };
        let (mut seen, mut pages) = (Vec::new(), 0);
        let ended = contract.opened.platform.list(&Window::default(), &mut |page| {
            seen.extend(ids(&page.activities));
            pages += 1;
            change(pages);
            Ok(ControlFlow::Continue(()))
        });
        assert_eq!(ended.unwrap(), ListEnd::Complete);
        let unique: BTreeSet<&String> = seen.iter().collect();
        assert_eq!(unique.len(), seen.len());
        put.remove(0);
        let hidden: Vec<&String> = put.iter().filter(|id| !unique.contains(id)).collect();
        assert!(hidden.is_empty(), "{hidden:?}");
    });
}

#[test]
fn a_window_includes_its_start_and_excludes_its_end() {
    on_each_reader(|contract| {
        (0..9).for_each(|day| drop(contract.put(&run(day))));
        let days = |days: &[i64]| days.iter().map(|day| start(*day)).collect::<Vec<_>>();
        let window = |since, until| contract.starts(Window { since, until });
        assert_eq!(window(at(3), at(6)), days(&[5, 4, 3]));
        assert_eq!(window(at(7), None), days(&[8, 7]));
        assert_eq!(window(None, at(2)), days(&[1, 0]));
        assert_eq!(window(at(20), None), days(&[]));
        // Windows are exact to the second.
        let later = |seconds| Timestamp::from_second(start(4) + seconds).ok();
        assert_eq!(window(later(1), later(86_401)), days(&[5]));
        assert_eq!(window(later(0), later(1)), days(&[4]));
    });
}

#[test]
fn a_list_stops_when_the_callback_breaks_or_fails() {
    on_each_reader(|contract| {
        (0..250).for_each(|day| drop(contract.put(&run(-day))));
        for answer in [|| Ok(ControlFlow::Break(())), || Err(Error::Stopped)] {
            let mut pages = 0;
            let ended = contract.opened.platform.list(&Window::default(), &mut |page| {
                pages += 1;
                assert!(!page.activities.is_empty());
                answer()
            });
            assert_eq!(pages, 1);
            match answer() {
                Ok(_) => assert_eq!(ended.unwrap(), ListEnd::Stopped),
                Err(_) => assert!(matches!(ended, Err(Error::Stopped))),
            }
        }
    });
}

#[test]
fn an_empty_account_has_an_empty_list_without_error() {
    on_each_reader(|contract| assert_eq!(contract.all(), []));
}

#[test]
fn a_download_returns_the_original_bytes() {
    on_each_reader(|contract| {
        let files = [run(0).encode(), run(1).builder().big_endian().build()];
        let put = files.each_ref().map(|bytes| contract.backend.put_bytes(&contract.name, bytes));
        let listed = contract.all();
        for (id, bytes) in put.iter().zip(&files) {
            let known = &listed.iter().find(|listed| listed.activity.id == *id).unwrap().activity;
            // With the data of the list, and with the id only.
            for activity in [known, &contract.activity(id)] {
                let Download::Original(body) = contract.opened.platform.download(activity).unwrap() else {
                    panic!("no original")
                };
                let pieces = unpack(&body).unwrap();
                assert_eq!(pieces.len(), 1);
                assert_eq!(&pieces[0].bytes, bytes);
                assert!(pieces[0].fit.is_some());
            }
        }
    });
}

#[test]
fn an_upload_becomes_one_activity_with_its_start_time_and_bytes() {
    for pace in [Pace::Slow, Pace::AtOnce] {
        on_each_with(pace, |contract| {
            contract.put(&run(0));
            let bytes = run(3).encode();
            let UploadStatus::Created(id) = contract.upload(&outgoing(&bytes, 3)).unwrap() else {
                panic!("not created")
            };
            let listed = contract.list(Window { since: at(3), until: None });
            assert_eq!((listed.len(), contract.count()), (1, 2));
            let activity = &listed[0].activity;
            assert_eq!((activity.start_time, activity.sport.as_deref()), (at(3), Some("running")));
            assert!(id.is_none_or(|id| id == activity.id));
            let Download::Original(body) = contract.opened.platform.download(activity).unwrap() else {
                panic!("no original")
            };
            assert_eq!(unpack(&body).unwrap()[0].bytes, bytes);
        });
    }
}

#[test]
fn uploading_the_same_bytes_again_adds_no_second_activity() {
    for pace in [Pace::Slow, Pace::AtOnce] {
        on_each_with(pace, |contract| {
            let bytes = run(3).encode();
            for _ in 0..3 {
                contract.upload(&outgoing(&bytes, 3)).unwrap();
                assert_eq!((contract.count(), contract.all().len()), (1, 1));
            }
        });
    }
}

#[test]
fn another_file_of_a_recording_is_added_only_if_duplicates_are_allowed() {
    on_each(|contract| {
        contract.upload(&outgoing(&run(3).encode(), 3)).unwrap();
        let reencoded = run(3).builder().big_endian().build();
        contract.upload(&outgoing(&reencoded, 3)).unwrap();
        assert_eq!(contract.count(), if contract.spec.allows_duplicates { 2 } else { 1 });
    });
}

#[test]
fn a_removed_activity_can_be_reuploaded() {
    on_each(|contract| {
        let bytes = run(3).encode();
        contract.upload(&outgoing(&bytes, 3)).unwrap();
        let id = contract.all()[0].activity.id.clone();
        contract.backend.remove(&contract.name, &id);
        assert_eq!(contract.all(), []);
        let reupload = UploadFile { reupload: true, ..outgoing(&bytes, 3) };
        assert!(matches!(contract.upload(&reupload), Ok(UploadStatus::Created(_))));
        assert_eq!(contract.starts(Window::default()), [start(3)]);
        contract.upload(&reupload).unwrap();
        assert_eq!(contract.count(), 1, "a repeated upload adds no second activity");
    });
}

#[test]
fn upload_status_is_returned_in_request_order_with_or_without_ticket() {
    on_each(|contract| {
        let files = [run(1).encode(), run(2).encode(), run(3).encode()];
        let sent: Vec<UploadStatus> = files[..2]
            .iter()
            .zip(1..)
            .map(|(bytes, day)| contract.opened.platform.upload(&outgoing(bytes, day)).unwrap())
            .collect();
        let ticket = |one: &UploadStatus| match one {
            UploadStatus::Pending(ticket) => Some(ticket.clone()),
            _ => None,
        };
        let tickets: Vec<Option<String>> = sent.iter().map(ticket).collect();
        let file = |at: usize| Some(outgoing(&files[at], at as i64 + 1));
        let asked = [
            // Never sent.
            UploadRef { status_ref: None, file: file(2) },
            UploadRef { status_ref: tickets[1].as_deref(), file: file(1) },
            // Without ticket and file.
            UploadRef { status_ref: None, file: None },
            // Sent, but the program ended before it received the ticket.
            UploadRef { status_ref: None, file: file(0) },
            UploadRef { status_ref: Some("nobody's"), file: file(2) },
        ];
        let answers = contract.opened.platform.upload_status(&asked).unwrap();
        let answers: Vec<UploadStatus> = answers.into_iter().map(|answer| answer.unwrap()).collect();
        assert_eq!(answers.len(), asked.len());
        for never in [0, 2, 4] {
            assert_eq!(answers[never], UploadStatus::Unknown, "{never}");
        }
        assert!(matches!(answers[1], UploadStatus::Created(_)), "{answers:?}");
        // A service that cannot find files by their bytes returns Unknown.
        assert!(matches!(answers[3], UploadStatus::Created(_) | UploadStatus::Unknown), "{answers:?}");
        assert_eq!(contract.count(), 2, "the status request uploads nothing");
        assert_eq!(contract.opened.platform.upload_status(&[]).unwrap().len(), 0);
    });
}

#[test]
fn a_corrupt_file_is_rejected_with_a_reason_and_adds_no_activity() {
    on_each(|contract| {
        let valid = run(0).encode();
        for bytes in [damage::truncate_at(&valid, 300), damage::wrong_crc(&valid)] {
            let rejected = contract.upload(&outgoing(&bytes, 0));
            assert!(matches!(&rejected, Err(Error::Rejected(words)) if words.len() > 10), "{rejected:?}");
        }
        assert_eq!((contract.count(), contract.all()), (0, vec![]));
    });
}

#[test]
fn deleting_an_activity_twice_removes_only_that_activity() {
    on_each(|contract| {
        let put = [0, 1].map(|day| contract.put(&run(day)));
        let deleted = contract.activity(&put[0]);
        if !contract.spec.can_delete {
            assert!(matches!(contract.opened.platform.delete(&deleted, None), Err(Error::Rejected(_))));
            assert_eq!(contract.count(), 2);
            return;
        }
        contract.opened.platform.delete(&deleted, None).unwrap();
        assert_eq!(ids(&contract.all()), [put[1].clone()]);
        for _ in 0..2 {
            assert!(matches!(
                contract.opened.platform.delete(&deleted, None),
                Ok(()) | Err(Error::NotFound(_) | Error::Rejected(_))
            ));
        }
        assert_eq!(contract.backend.ids(&contract.name), [put[1].clone()]);
        let download = contract.opened.platform.download(&deleted);
        assert!(matches!(download, Err(Error::NotFound(_) | Error::Rejected(_))), "{download:?}");
    });
}

#[test]
fn an_unknown_id_is_not_found_or_rejected_and_changes_nothing() {
    on_each_reader(|contract| {
        contract.put(&run(0));
        let kept = contract.backend.ids(&contract.name);
        for id in
            ["99", "0123456789abcdef", "", "..", "1/../2", "1?labelId=2", "1,2", "%31", "\u{fc}\n", &"9".repeat(99)]
        {
            let activity = contract.activity(id);
            let download = contract.opened.platform.download(&activity);
            assert!(matches!(download, Err(Error::NotFound(_) | Error::Rejected(_))), "{id:?}: {download:?}");
            let delete = contract.opened.platform.delete(&activity, None);
            assert!(matches!(delete, Ok(()) | Err(Error::NotFound(_) | Error::Rejected(_))), "{id:?}: {delete:?}");
        }
        assert_eq!(contract.backend.ids(&contract.name), kept);
        let odd: Vec<_> =
            contract.backend.requests().into_iter().filter(|request| request.path.contains("..")).collect();
        assert!(odd.is_empty(), "{odd:?}");
    });
}

#[test]
fn without_a_login_every_call_names_gs_auth_and_sends_nothing() {
    for row in [BY_KEY.to_owned()].into_iter().chain(rows()) {
        let contract = Contract::logged_out(&row, Pace::Usual);
        if !contract.spec.has_login() {
            continue;
        }
        let platform = &contract.opened.platform;
        let activity = contract.activity("1");
        let bytes = run(0).encode();
        let mut said = vec![
            platform.list(&Window::default(), &mut |_| Ok(ControlFlow::Continue(()))).map(drop),
            platform.download(&activity).map(drop),
        ];
        if row != BY_KEY {
            said.extend([platform.upload(&outgoing(&bytes, 0)).map(drop), platform.delete(&activity, None)]);
        }
        for said in said {
            let error = said.unwrap_err();
            assert!(matches!(&error, Error::Login(words) if words.contains("gs-auth")), "{row}: {error}");
        }
        let file = Some(outgoing(&bytes, 0));
        match platform.upload_status(&[UploadRef { status_ref: None, file }]) {
            Ok(answers) => assert!(matches!(answers[..], [Ok(UploadStatus::Unknown) | Err(Error::Login(_))])),
            Err(error) => assert!(matches!(error, Error::Login(_)), "{row}: {error}"),
        }
        assert!(contract.backend.requests().is_empty(), "{row}");
    }
}

/// COROS as a service that this version can only read.
struct ReadOnly(Arc<PlatformSpec>);

impl Service for ReadOnly {
    fn accesses(&self) -> Vec<&dyn Access> {
        vec![self]
    }
}

impl Access for ReadOnly {
    fn kind(&self) -> AccessKind {
        AccessKind::Login
    }
    fn can_write(&self) -> bool {
        false
    }
    fn login_ways(&self) -> LoginWays {
        LoginWays::One("by test")
    }
    fn open_reader(&self, context: Context) -> Result<Box<dyn PlatformReader>> {
        self.0.open_reader(context)
    }
    fn open_writer(&self, _: Context) -> Result<Option<Box<dyn PlatformWriter>>> {
        Ok(None)
    }
    fn open_login(&self, context: Context) -> Result<Box<dyn PlatformLogin>> {
        self.0.open_login(context)
    }
}

#[test]
fn a_read_only_service_opens_for_reading_and_not_for_writing() {
    let coros = Platforms::default().find("coros").unwrap();
    let kind = PlatformKind::Service(Box::new(ReadOnly(coros)));
    let read_only = PlatformSpec {
        id: "reader".into(),
        title: "Reader",
        native_manufacturer: None,
        upload_formats: &[],
        rejected_sports: &[],
        allows_duplicates: false,
        can_delete: false,
        kind,
    };
    let platforms = Platforms::new([read_only]);
    let spec = platforms.find("READER").unwrap();
    let tokens = tempfile::tempdir().unwrap();
    let http = Arc::new(Http::new(Arc::new(AtOnce), open_platform::options("http://127.0.0.1:9")));
    let context = || open_platform::context(&spec.id, http.clone(), tokens.path());
    let listed = spec.open_reader(context()).unwrap().list(&Window::default(), &mut |_| unreachable!());
    assert!(matches!(listed, Err(Error::Login(_))), "the reader is open, and nobody is logged in");
    let Err(Error::Config(why)) = spec.open_writer(context()) else { panic!("a writer") };
    assert!(why.contains("reader is read-only"), "{why}");
    assert_eq!(
        platforms.require("coros").unwrap_err().to_string(),
        "unknown platform \"coros\"; known: reader, folder:PATH"
    );
}
