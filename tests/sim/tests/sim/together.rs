//! Three services that share a part of their activities.

use crate::common::*;
use gs_sim::{Scenario, Sim};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

fn state(sim: &Sim) -> Value {
    send(sim, "GET", "/_sim/state", &[], "").unwrap().json()
}

/// All activities, each with its service.
fn all(state: &Value) -> Vec<(String, Value)> {
    let mut list = Vec::new();
    for account in state["accounts"].as_array().unwrap().iter().chain(state["coros"].as_array().unwrap()) {
        let service = account["domain"].as_str().unwrap_or("coros-2").to_owned();
        list.extend(account["activities"].as_array().unwrap().iter().map(|one| (service.clone(), one.clone())));
    }
    list
}

fn is_shared(activity: &Value) -> bool {
    activity["group"].as_str().unwrap().starts_with("shared-")
}

#[test]
fn each_service_has_its_count_and_half_of_it_is_shared() {
    for each in [12, 41, 60] {
        let sim = Scenario::default_three(each, 5).start();
        let state = state(&sim);
        let mut counts: HashMap<String, (usize, usize, usize)> = HashMap::new();
        let mut ids = HashSet::new();
        for (service, one) in all(&state) {
            let double = one["oddities"].as_array().unwrap().iter().any(|label| label == "duplicate");
            let count = counts.entry(service.clone()).or_default();
            count.0 += 1;
            count.1 += usize::from(is_shared(&one) && !double);
            count.2 += usize::from(double);
            assert!(ids.insert((service, one["id"].to_string())));
        }
        assert_eq!(counts.len(), 3);
        assert!(counts.values().all(|count| *count == (each, each / 2, (each / 20).max(1))), "{counts:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_activities() {
    let [one, same, other] = [4, 4, 9].map(|seed| state(&Scenario::default_three(20, seed).start()));
    assert_eq!(one, same);
    assert_ne!(one["groups"], other["groups"]);
}

#[test]
fn shared_activities_have_the_same_file_or_another_with_the_same_start() {
    let sim = Scenario::default_three(60, 5).start();
    let state = state(&sim);
    let mut groups: HashMap<String, Vec<(String, Value)>> = HashMap::new();
    for (service, one) in all(&state) {
        groups.entry(one["group"].as_str().unwrap().to_owned()).or_default().push((service, one));
    }
    groups.retain(|_, members| members.len() > 1);
    assert_eq!(groups.len(), state["groups"].as_object().unwrap().len());
    let (mut same, mut differ, mut kinds) = (0, 0, HashSet::new());
    for members in groups.values() {
        let starts: HashSet<i64> = members.iter().map(|(_, one)| one["start"].as_i64().unwrap()).collect();
        assert_eq!(starts.len(), 1);
        let files: HashSet<&str> = members.iter().map(|(_, one)| one["sha256"].as_str().unwrap()).collect();
        if files.len() == 1 {
            same += 1
        } else {
            differ += 1
        }
        let mut services: Vec<&str> = members.iter().map(|(service, _)| service.as_str()).collect();
        services.sort_unstable();
        services.dedup();
        kinds.insert(services.join(" "));
    }
    assert!(same > 5 && differ > 5, "{same} {differ}");
    for kind in ["coros-2 garmin.cn garmin.com", "coros-2 garmin.com", "garmin.cn garmin.com", "coros-2 garmin.cn"] {
        assert!(kinds.contains(kind), "{kind}");
    }
}

#[test]
fn distinct_activities_start_far_apart_across_services() {
    let sim = Scenario::default_three(60, 5).start();
    let list = all(&state(&sim));
    for (index, (service, one)) in list.iter().enumerate() {
        for (other, two) in &list[index + 1..] {
            let apart = (one["start"].as_i64().unwrap() - two["start"].as_i64().unwrap()).abs();
            assert!(service == other || one["group"] == two["group"] || apart > 300, "{one} {two}");
        }
    }
}

#[test]
fn an_uploaded_activity_stays_in_its_group() {
    let sim = Scenario::default_three(12, 5).start();
    let (name, file) = sim.with(|state| {
        let several = state.groups();
        let mut items = state.coros.accounts[0].items.iter();
        let item = items.find(|item| !several.contains_key(item.group.as_ref().unwrap())).unwrap();
        (item.group.clone().unwrap(), item.original().unwrap())
    });
    let (media, body) = multipart("file", Some("a.fit"), &file);
    let bearer = format!("Bearer {}", token(&sim, COM));
    let headers = [("User-Agent", "x"), ("Authorization", bearer.as_str()), ("Content-Type", media)];
    let target = "/connectapi.garmin.com/upload-service/upload";
    assert!(send_bytes(&sim, "POST", target, &headers, &body).unwrap().status < 300);
    assert_eq!(state(&sim)["groups"][&name].as_array().unwrap().len(), 2);
}
