//! Files that are taken over: they are adopted, and never put in place of what is there.

use std::path::PathBuf;

use crate::support::engine::Engine;
use crate::support::memory_platform::{Call, Manners};
use crate::support::world::{nameless, run};
use garminsync::exit::Exit;
use jiff::SignedDuration;

/// A service with twelve runs, listed, and a folder to take over.
struct Offer {
    engine: Engine,
    folder: tempfile::TempDir,
    ids: Vec<String>,
}

fn offer() -> Offer {
    let engine = Engine::of([("service", Manners::strict()), ("other", Manners::lax())]);
    let ids = (0..12).map(|day| engine.at("service").put(&run(day).encode())).collect();
    engine.fetch().ok();
    Offer { engine, folder: tempfile::tempdir().unwrap(), ids }
}

impl Offer {
    /// A file named with an id.
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
fn a_file_that_is_taken_over_is_not_fetched() {
    let offer = offer();
    (0..12).for_each(|day: i64| drop(offer.add(&offer.ids[day as usize], &run(day).encode())));
    let ran = offer.import().ok();
    assert_eq!(ran.records.len(), 12);
    offer.engine.download(offer.engine.list()).ok();
    assert_eq!(offer.engine.at("service").take_calls(Call::Download), 0);
    assert_eq!(offer.engine.archive().len(), 12);
    // A second time there is nothing to take.
    assert_eq!(offer.import().ok().records.len(), 0);
}

#[test]
fn what_is_in_the_archive_stays_whatever_is_offered() {
    let offer = offer();
    offer.engine.download(offer.engine.list()).ok();
    let before = offer.engine.archive();
    offer.add(&offer.ids[0], &nameless(&run(0)));
    offer.add(&offer.ids[1], &run(1).builder().big_endian().build());
    offer.add(&offer.ids[2], &run(2).encode());
    let ran = offer.import().ok();
    assert_eq!((ran.records.len(), offer.engine.archive()), (0, before), "{}", ran.told());
    assert!(ran.counts.contains(r#""different":2"#) && ran.counts.contains(r#""already":1"#), "{}", ran.counts);
}

#[test]
fn what_the_archive_has_lost_is_mended_by_what_others_have_kept() {
    let offer = offer();
    offer.engine.download(offer.engine.list()).ok();
    let path = offer.engine.data().join(&offer.engine.files("service", &offer.ids[3])[0].path);
    std::fs::remove_file(path).unwrap();
    offer.add(&offer.ids[3], &run(3).encode());
    assert_eq!(offer.import().ok().records.len(), 1);
    assert_eq!(offer.bytes_of(&offer.ids[3]), run(3).encode());
}

#[test]
fn a_file_that_is_none_or_of_another_day_is_not_taken() {
    let offer = offer();
    offer.add(&offer.ids[0], &run(0).encode()[..300]);
    offer.add(&offer.ids[1], &run(9).encode());
    offer.add(&offer.ids[2], b"nothing of the kind");
    let ran = offer.import().ends(Exit::Partial);
    assert_eq!((ran.records.len(), offer.engine.archive().len()), (0, 0), "{}", ran.told());
}

#[test]
fn what_no_list_has_shown_is_kept_and_goes_nowhere() {
    let offer = offer();
    offer.add("424242", &run(20).encode());
    assert_eq!(offer.import().ok().records.len(), 1);
    let plan = offer.engine.diff(offer.engine.fetch().ok().records).ok();
    assert!(plan.transfers().iter().all(|one| one.activity.activity.id != "424242"));
    // Nor is it put back where it was once: somebody did not want it there.
    offer.engine.at("other").put(&run(20).encode());
    offer.engine.later(SignedDuration::from_hours(1));
    let plan = offer.engine.diff(offer.engine.fetch().ok().records).ok();
    let of_the_day = |one: &&garminsync::record::TransferRecord| one.to == "service";
    assert_eq!(plan.transfers().into_iter().filter(of_the_day).count(), 0, "{}", plan.told());
}

#[test]
fn a_dry_run_takes_nothing() {
    let mut offer = offer();
    offer.add(&offer.ids[0], &run(0).encode());
    offer.engine.dry_run = true;
    let ran = offer.import().ok();
    assert!(ran.told().contains("would be imported as the fit file of service"), "{}", ran.told());
    assert_eq!((offer.engine.archive().len(), offer.engine.files("service", &offer.ids[0]).len()), (0, 0));
}
