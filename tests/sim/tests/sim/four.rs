//! Four services that share a part of their activities.

use crate::common::*;
use gs_sim::{Scenario, Sim};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

fn state(sim: &Sim) -> Value {
    send(sim, "GET", "/_sim/state", &[], "").unwrap().json()
}

fn here(state: &Value) -> Vec<Value> {
    state["intervals"][0]["activities"].as_array().unwrap().clone()
}

#[test]
fn the_three_others_are_as_without_the_fourth() {
    let [three, four] = [Scenario::default_three(20, 5), Scenario::default_four(20, 5)].map(|one| state(&one.start()));
    assert_eq!((&three["accounts"], &three["coros"]), (&four["accounts"], &four["coros"]));
    assert!(three["intervals"].as_array().unwrap().is_empty());
    assert_eq!(four, state(&Scenario::default_four(20, 5).start()));
    assert_ne!(four["intervals"], state(&Scenario::default_four(20, 6).start())["intervals"]);
}

#[test]
fn half_of_the_activities_are_shared_and_some_are_duplicates() {
    for each in [12, 41, 60] {
        let all = here(&state(&Scenario::default_four(each, 5).start()));
        let (stubs, all): (Vec<Value>, Vec<Value>) = all.into_iter().partition(|one| one["strava"] == true);
        let (doubles, single): (Vec<&Value>, Vec<&Value>) =
            all.iter().partition(|one| one["oddities"].as_array().unwrap().iter().any(|label| label == "duplicate"));
        let shared = single.iter().filter(|one| one["group"].as_str().unwrap().starts_with("shared-")).count();
        let few = (each / 20).max(1);
        assert_eq!((all.len(), shared, doubles.len(), stubs.len()), (each, each / 2, few, few));
        let files: Vec<&str> = all.iter().filter_map(|one| one["sha256"].as_str()).collect();
        assert_eq!(files.iter().collect::<HashSet<_>>().len(), files.len(), "an identical file is stored once");
    }
}

#[test]
fn shared_activities_arrive_by_push_and_as_the_same_file() {
    let sim = Scenario::default_four(60, 5).start();
    let state = state(&sim);
    let mut files: HashMap<(String, String), String> = HashMap::new();
    let mut starts: HashMap<String, HashSet<i64>> = HashMap::new();
    for account in state["accounts"].as_array().unwrap().iter().chain(state["coros"].as_array().unwrap()) {
        for one in account["activities"].as_array().unwrap() {
            let group = one["group"].as_str().unwrap().to_owned();
            starts.entry(group.clone()).or_default().insert(one["start"].as_i64().unwrap());
            if let (Some(domain), Some(hash)) = (account["domain"].as_str(), one["sha256"].as_str()) {
                files.insert((domain.to_owned(), one["id"].to_string()), hash.to_owned());
            }
        }
    }
    let all = here(&state);
    let shared: Vec<&Value> =
        all.iter().filter(|one| one["group"].as_str().is_some_and(|group| group.starts_with("shared-"))).collect();
    let mut sources: HashMap<&str, usize> = HashMap::new();
    for one in &shared {
        assert_eq!(starts[one["group"].as_str().unwrap()], HashSet::from([one["start"].as_i64().unwrap()]));
        *sources.entry(one["source"].as_str().unwrap()).or_default() += 1;
        if one["source"] == "GARMIN_CONNECT" {
            let original = &files[&(COM.to_owned(), one["external_id"].as_str().unwrap().to_owned())];
            assert_ne!(one["sha256"].as_str(), Some(original.as_str()));
        }
    }
    assert!(["GARMIN_CONNECT", "COROS", "UPLOAD"].iter().all(|source| sources[source] > 2), "{sources:?}");
    let same = shared.iter().filter(|one| files.values().any(|hash| one["sha256"] == hash.as_str())).count();
    assert!(same > 5, "{same}");
    let groups = state["groups"].as_object().unwrap();
    let places = groups.values().flat_map(|places| places.as_array().unwrap());
    let ids: HashSet<&str> =
        places.filter(|place| place["service"] == "intervals").map(|place| place["id"].as_str().unwrap()).collect();
    assert!(ids.len() >= 30 && ids.iter().all(|id| id.starts_with('i')));
}

#[test]
fn distinct_activities_start_far_apart_across_services() {
    let sim = Scenario::default_four(60, 5).start();
    let state = state(&sim);
    let accounts = state["accounts"].as_array().unwrap().iter().chain(state["coros"].as_array().unwrap());
    let others: Vec<&Value> = accounts.flat_map(|account| account["activities"].as_array().unwrap()).collect();
    for one in here(&state).iter().filter(|one| one["strava"] == false) {
        for two in &others {
            let apart = (one["start"].as_i64().unwrap() - two["start"].as_i64().unwrap()).abs();
            assert!(one["group"] == two["group"] || apart > 300, "{one} {two}");
        }
    }
}

#[test]
fn an_uploaded_file_stays_in_its_group() {
    let sim = Scenario::default_four(12, 5).start();
    let (group, file) = sim.with(|state| {
        let item =
            state.intervals_account().items.iter().find(|item| item.group.as_deref() == Some("intervals-0")).unwrap();
        (item.group.clone().unwrap(), item.original().unwrap().1)
    });
    let (media, body) = multipart("file", Some("a.fit"), &file);
    let bearer = format!("Bearer {}", token(&sim, COM));
    let headers = [("User-Agent", "x"), ("Authorization", bearer.as_str()), ("Content-Type", media)];
    assert!(
        send_bytes(&sim, "POST", "/connectapi.garmin.com/upload-service/upload", &headers, &body).unwrap().status < 300
    );
    assert_eq!(state(&sim)["groups"][&group].as_array().unwrap().len(), 2);
}
