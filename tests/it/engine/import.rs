//! Imports: files are added to the archive, and never replace an archived file.

use std::path::PathBuf;

use crate::support::engine::Engine;
use crate::support::memory_platform::{Call, Manners};
use crate::support::world::{nameless, run};
use garminsync::exit::Exit;
use jiff::SignedDuration;

/// A platform with twelve listed runs, and a folder to import.
struct Fixture {
    engine: Engine,
    folder: tempfile::TempDir,
    ids: Vec<String>,
}

fn fixture() -> Fixture {
    let engine = Engine::of([("service", Manners::strict()), ("other", Manners::lax())]);
    let ids = (0..12).map(|day| engine.at("service").put(&run(day).encode())).collect();
    engine.fetch().ok();
    Fixture { engine, folder: tempfile::tempdir().unwrap(), ids }
}

impl Fixture {
    /// Writes a file to the folder, named by an activity id.
    fn add(&self, id: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(format!("{id}.fit"));
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn import(&self) -> crate::support::engine::Ran {
        self.engine.import(&[self.folder.path().to_owned()], "service")
    }

    fn bytes_of(&self, id: &str) -> Vec<u8> {
        std::fs::read(self.engine.data().join(&self.engine.files("service", id)[0].path)).unwrap()
    }
}

#[test]
fn an_imported_file_is_not_downloaded() {
    let fixture = fixture();
    (0..12).for_each(|day: i64| drop(fixture.add(&fixture.ids[day as usize], &run(day).encode())));
    let ran = fixture.import().ok();
    assert_eq!(ran.records.len(), 12);
    fixture.engine.download(fixture.engine.list()).ok();
    assert_eq!(fixture.engine.at("service").take_calls(Call::Download), 0);
    assert_eq!(fixture.engine.archive().len(), 12);
    // A second import finds nothing new.
    assert_eq!(fixture.import().ok().records.len(), 0);
}

#[test]
fn an_import_never_replaces_an_archived_file() {
    let fixture = fixture();
    fixture.engine.download(fixture.engine.list()).ok();
    let before = fixture.engine.archive();
    fixture.add(&fixture.ids[0], &nameless(&run(0)));
    fixture.add(&fixture.ids[1], &run(1).builder().big_endian().build());
    fixture.add(&fixture.ids[2], &run(2).encode());
    let ran = fixture.import().ok();
    assert_eq!((ran.records.len(), fixture.engine.archive()), (0, before), "{}", ran.told());
    assert!(ran.counts.contains(r#""different":2"#) && ran.counts.contains(r#""already":1"#), "{}", ran.counts);
}

#[test]
fn an_import_restores_a_file_deleted_from_the_archive() {
    let fixture = fixture();
    fixture.engine.download(fixture.engine.list()).ok();
    let path = fixture.engine.data().join(&fixture.engine.files("service", &fixture.ids[3])[0].path);
    std::fs::remove_file(path).unwrap();
    fixture.add(&fixture.ids[3], &run(3).encode());
    assert_eq!(fixture.import().ok().records.len(), 1);
    assert_eq!(fixture.bytes_of(&fixture.ids[3]), run(3).encode());
}

#[test]
fn a_corrupt_file_or_one_of_another_day_is_not_imported() {
    let fixture = fixture();
    fixture.add(&fixture.ids[0], &run(0).encode()[..300]);
    fixture.add(&fixture.ids[1], &run(9).encode());
    fixture.add(&fixture.ids[2], b"nothing of the kind");
    let ran = fixture.import().ends(Exit::Partial);
    assert_eq!((ran.records.len(), fixture.engine.archive().len()), (0, 0), "{}", ran.told());
}

#[test]
fn an_imported_activity_that_no_list_shows_is_never_uploaded() {
    let fixture = fixture();
    fixture.add("424242", &run(20).encode());
    assert_eq!(fixture.import().ok().records.len(), 1);
    let plan = fixture.engine.diff(fixture.engine.fetch().ok().records).ok();
    assert!(plan.transfers().iter().all(|one| one.activity.activity.id != "424242"));
    // The activity is not restored on `service` either, because a person may have deleted it on that platform.
    fixture.engine.at("other").put(&run(20).encode());
    fixture.engine.later(SignedDuration::from_hours(1));
    let plan = fixture.engine.diff(fixture.engine.fetch().ok().records).ok();
    let is_to_service = |one: &&garminsync::record::TransferRecord| one.to == "service";
    assert_eq!(plan.transfers().into_iter().filter(is_to_service).count(), 0, "{}", plan.told());
}

#[test]
fn a_dry_run_imports_nothing() {
    let mut fixture = fixture();
    fixture.add(&fixture.ids[0], &run(0).encode());
    fixture.engine.dry_run = true;
    let ran = fixture.import().ok();
    assert!(ran.told().contains("would be imported as the fit file of service"), "{}", ran.told());
    assert_eq!((fixture.engine.archive().len(), fixture.engine.files("service", &fixture.ids[0]).len()), (0, 0));
}
