//! A run with a duplicate on the same service, both archived and marked, and the deletion of the duplicate.

use gs_sim::{Effect, Fault};
use serde_json::{Value, json};

use crate::support::world::{World, domain, ride, run, start};
use crate::support::{Said, codes};

/// The number of other activities on the same days. With them, one missing activity does not make the list implausibly
/// short.
pub const OTHERS: i64 = 24;

/// The path of a deletion at COROS, which is a GET.
const DELETE: &str = "/activity/delete";
/// The paths of the lists at Garmin and COROS.
const LIST: [&str; 2] = ["/activitylist-service/", "/activity/query"];

/// A run with a duplicate on the same service, with the service and the simulator.
pub struct Duplicate {
    pub world: World,
    pub service: &'static str,
    pub kept: String,
    pub copy: String,
    /// `gs-list | gs-dedupe --duplicates | gs-download | gs-dedupe`
    pub marked: String,
}

/// The same recording twice on `service`, the second time in a different file. Both are archived and marked.
pub fn duplicate(service: &'static str) -> Duplicate {
    with_copy(service, &run(0).encode(), &run(0).builder().big_endian().build())
}

/// These two files on `service`, which are one group, archived and marked.
pub fn with_copy(service: &'static str, one: &[u8], other: &[u8]) -> Duplicate {
    let world = World::new();
    let ids = [one, other].map(|bytes| world.put_bytes(service, bytes));
    fill(&world, service);
    world.fetch();
    marked(world, service, &ids)
}

/// Adds short rides around the run, all day long.
pub fn fill(world: &World, service: &str) {
    for number in 0..OTHERS {
        let mut other = ride(40 + number);
        (other.start, other.legs[0].seconds) = (start(0) - 86_400 + number * 7200 + 1800, 600 + 7 * number as u32);
        world.put(service, &other);
    }
}

/// Archives both activities and marks the duplicate; one of `ids` has to be a duplicate of the other.
pub fn marked(world: World, service: &'static str, ids: &[String; 2]) -> Duplicate {
    let copies = world.work.given("gs-dedupe", &["--duplicates"], &world.list()).ok().out.clone();
    let with_files = world.work.given("gs-download", &[], &copies).ok().out.clone();
    let marked = world.work.given("gs-dedupe", &[], &with_files).ok().out.clone();
    let records: Vec<Value> = marked.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let copy = records.iter().find(|record| !record["duplicate_of"].is_null()).unwrap_or_else(|| panic!("{records:?}"));
    let (copy, kept) =
        (copy["id"].as_str().unwrap().to_owned(), copy["duplicate_of"]["id"].as_str().unwrap().to_owned());
    assert!(ids.contains(&copy) && ids.contains(&kept) && copy != kept, "{records:?}");
    world.sim.clear_log();
    Duplicate { world, service, kept, copy, marked }
}

impl Duplicate {
    pub fn delete(&self, args: &[&str]) -> Said {
        self.given(args, &self.marked)
    }

    pub fn given(&self, args: &[&str], input: &str) -> Said {
        self.world.work.given("gs-delete", args, input)
    }

    /// The record of the duplicate, with a different kept activity and certainty.
    pub fn claiming(&self, id: &str, certainty: &str) -> String {
        self.changed(|copy| copy["duplicate_of"] = json!({"id": id, "reasons": [{"code": "other", "detail": "somebody says so", "text": "somebody says so"}], "certainty": certainty}))
    }

    pub fn changed(&self, change: impl FnOnce(&mut Value)) -> String {
        let records = self.marked.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut copy = records.into_iter().find(|record| record["id"] == self.copy.as_str()).unwrap();
        change(&mut copy);
        format!("{copy}\n")
    }

    /// Expects that the duplicate is kept for this reason, that no deletion was requested, and that the activity still
    /// exists.
    #[track_caller]
    pub fn kept_because(&self, said: &Said, code: &str) {
        let records = said.ok().records();
        let copy = records.iter().find(|record| record["id"] == self.copy.as_str()).unwrap();
        assert_eq!(copy["outcome"]["kind"], "skipped", "{said}");
        assert_eq!(codes(&copy["outcome"]["reasons"]), [code], "{said}");
        self.nothing_happened();
    }

    #[track_caller]
    pub fn nothing_happened(&self) {
        assert_eq!(self.deletions(), 0);
        assert_eq!(self.world.ids(self.service).len() as i64, OTHERS + 2);
        assert_eq!(self.world.work.sql::<i64>("SELECT count(*) FROM deletions"), 0);
    }

    /// The number of requested deletions.
    pub fn deletions(&self) -> usize {
        let log = self.world.sim.log();
        let is_deletion = |one: &&gs_sim::LoggedRequest| one.method == "DELETE" || one.path.contains(DELETE);
        log.iter().filter(is_deletion).count()
    }

    /// Expects that the duplicate is deleted, that the other activity exists, and that the journal has the deletion.
    #[track_caller]
    pub fn is_gone(&self) {
        let ids = self.world.ids(self.service);
        assert!(ids.contains(&self.kept) && !ids.contains(&self.copy), "{ids:?}");
        assert_eq!(self.journal(), ["deleted"]);
    }

    /// The outcomes in the journal.
    pub fn journal(&self) -> Vec<String> {
        let all: Option<String> = self
            .world
            .work
            .sql("SELECT group_concat(ifnull(outcome, 'open')) FROM (SELECT * FROM deletions ORDER BY number)");
        all.map(|all| all.split(',').map(str::to_owned).collect()).unwrap_or_default()
    }

    pub fn file(&self, id: &str) -> std::path::PathBuf {
        self.world.archived(self.service, id)
    }

    /// A fault that hits the deletions of this service.
    pub fn on_deletion(&self, effect: Effect) -> Fault {
        match domain(self.service) {
            Some(_) => Fault::new(effect).method("DELETE"),
            None => Fault::new(effect).contains(DELETE),
        }
    }

    /// A fault that hits the lists of this service.
    pub fn on_list(&self, effect: Effect) -> Fault {
        Fault::new(effect).contains(LIST[usize::from(domain(self.service).is_none())])
    }
}

/// The code of the reason why each record was skipped, in their order.
pub fn skips(said: &Said) -> Vec<String> {
    let skips =
        |record: &Value| codes(&record["outcome"]["reasons"]).into_iter().map(str::to_owned).collect::<Vec<_>>();
    said.records().iter().flat_map(skips).collect()
}

/// The number of records with this outcome.
pub fn outcomes(said: &Said, kind: &str) -> usize {
    said.records().iter().filter(|record| record["outcome"]["kind"] == kind).count()
}
