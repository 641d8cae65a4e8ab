//! The simulator against corosexport, an independent client of COROS that backs up an account.
//!
//! Requires `target/corosexport-venv`, which `scripts/test` creates, or another Python environment that
//! `COROSEXPORT_VENV` names.

use std::collections::BTreeSet;

use crate::client::Foreign;
use gs_sim::{CorosSpec, Days, ListSpec, Scenario, sha256};

#[test]
fn corosexport_downloads_the_file_of_every_activity() {
    // This client requests lists without days.
    let list = ListSpec { days: Days::Optional, ..ListSpec::default() };
    let spec = CorosSpec { region: 3, generate: 30, list, ..CorosSpec::default() };
    let foreign = Foreign::start(Scenario { coros: vec![spec], ..Scenario::default_garmin(0, 3) });
    // This client has wrong numbers for some sports, and cannot handle an activity without a name.
    foreign.sim.with(|state| {
        state.coros_account(3).items.retain(|item| [100, 104, 200, 402].contains(&item.sport) && item.name.is_some());
        state.coros_account(3).items.retain(|item| item.refused.is_none());
    });
    let ids = foreign.sim.with(|state| state.coros_ids(3));
    assert!(ids.len() > 10, "{ids:?}");
    let args = ["--email", "runner@example.org", "--password", "correct horse", "--backup-dir", "backup"];
    let said =
        foreign.run("corosexport", "coros-backup", &[&args[..], &["--region", "eu", "--format", "fit"]].concat());
    assert!(said.contains("Failed:           0"), "{said}");
    let files = std::fs::read_dir(foreign.dir().join("backup")).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "fit"));
    let got: BTreeSet<String> = files.map(|path| sha256(&std::fs::read(path).unwrap())).collect();
    let wanted = foreign.sim.with(|state| ids.iter().map(|id| state.coros_served(3, *id).unwrap()).collect());
    assert_eq!(got, wanted);
}
