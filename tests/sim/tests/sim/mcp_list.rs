//! COROS MCP: the list of activities, its limits, its arguments and its faults.

use crate::common::*;
use crate::mcp::*;
use gs_sim::{CorosActivitySpec, Effect, Fault, McpSpec, ProseSpec, Sim};
use serde_json::{Value, json};

pub fn sample() -> Vec<CorosActivitySpec> {
    let named = |spec: CorosActivitySpec, name: &str| CorosActivitySpec { name: Some(name.into()), ..spec };
    let mut gym = named(activity(3, 400, 1865, 0.0), "Gym Cardio");
    gym.oddities = vec!["distance_unknown".into()];
    let mut strength = named(activity(4, 402, 2380, 0.0), "Strength");
    strength.oddities = vec!["distance_unknown".into()];
    vec![
        named(activity(0, 100, 2650, 8020.0), "Millbrook Run"),
        named(activity(1, 200, 6600, 44_000.0), "Millbrook Bike"),
        named(activity(2, 300, 1500, 1000.0), "Pool Swim"),
        gym,
        strength,
    ]
}

pub fn with(prose: ProseSpec, activities: Vec<CorosActivitySpec>) -> (Sim, String) {
    let sim = start(McpSpec { prose, ..McpSpec::default() }, activities);
    // The invented activities pause; these do not.
    sim.with(|state| state.coros_account(1).items.iter_mut().for_each(|item| item.total = item.timer));
    let token = access(&sim);
    (sim, token)
}

#[test]
fn a_list_is_capped_and_has_no_pages() {
    let sim = start(McpSpec { list_cap: 30, ..McpSpec::default() }, runs(40));
    let token = access(&sim);
    let count =
        |arguments: Value| words(&call(&sim, &token, "querySportRecords", arguments)).matches("LabelId: ").count();
    let days = |limit: Value| json!({"startDate": "20260101", "endDate": "20261231", "limit": limit});
    assert_eq!((count(days(Value::Null)), count(days(json!(7))), count(days(json!(500)))), (20, 7, 30));
    let newest = words(&call(&sim, &token, "querySportRecords", days(json!(1))));
    assert!(newest.contains("(1 records)") && newest.contains("1. Outdoor Run — 2026-09-21\n"));
    assert_eq!(count(json!({"startDate": "20260919", "endDate": "20260920"})), 2, "both days are included");
}

#[test]
fn filters_and_the_time_zone() {
    let (sim, token) = with(ProseSpec::default(), sample());
    let labels = |extra: Value| {
        let mut arguments = september(100);
        arguments.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let text = words(&call(&sim, &token, "querySportRecords", arguments));
        let labels = text.lines().filter_map(|line| line.strip_prefix("   LabelId: 48000000000000000"));
        labels.map(|line| line[..1].to_owned()).collect::<Vec<_>>().join("")
    };
    assert_eq!(labels(json!({"sportTypeCodes": [65_535]})), "12345");
    assert_eq!(labels(json!({"sportTypeCodes": [100, 402]})), "15");
    assert_eq!(labels(json!({"minDistanceKm": 2, "maxDistanceKm": 8.5})), "1");
    assert_eq!(labels(json!({"minDurationMinutes": 39, "maxDurationMinutes": 50})), "15");
    assert_eq!(labels(json!({"locationKeyword": "millbrook", "maxAveragePace": "5:00"})), "2");
    // 06:00 UTC is the day before in Los Angeles.
    let mut west = september(1);
    west["timezone"] = "America/Los_Angeles".into();
    assert!(words(&call(&sim, &token, "querySportRecords", west.clone())).contains("1. Outdoor Run — 2026-09-20\n"));
    sim.with(|state| state.scenario.coros_mcp.timezone = false);
    assert!(words(&call(&sim, &token, "querySportRecords", west)).starts_with("Tool call anomalies detected."));
}

#[test]
fn arguments_that_the_service_does_not_want_are_refused() {
    let sim = start(McpSpec::default(), runs(1));
    let token = access(&sim);
    let ask = |tool: &str, arguments: Value| words(&call(&sim, &token, tool, arguments));
    let anomalies = "Tool call anomalies detected. High risk of session context pollution";
    let lists = [
        json!({"startDate": "2026-09-01", "endDate": "2026-09-30"}),
        json!({"startDate": 20_260_901, "endDate": 20_260_930}),
        json!({"startDate": "20260931", "endDate": "20261001"}),
        json!({"startDate": "20260901"}),
        json!({"startDate": "20260901", "endDate": null}),
        json!({"startDate": "20260901", "endDate": "20260930", "limit": "20"}),
        json!({"startDate": "20260901", "endDate": "20260930", "sportTypeCodes": 100}),
        json!({"startDate": "20260901", "endDate": "20260930", "page": 2}),
        json!([]),
        Value::Null,
    ];
    for arguments in lists {
        assert!(ask("querySportRecords", arguments.clone()).starts_with(anomalies), "{arguments}");
    }
    let label = "480000000000000001";
    for arguments in
        [json!({"sportType": 100}), json!({"labelId": 480_000_000_000_000_001_u64, "sportType": 100}), one(9)]
    {
        assert!(ask("getActivityDetail", arguments).starts_with(anomalies));
    }
    for tool in ["getActivityDetail", "downloadActivityFitFiles", "queryActivityFitFileDownloadUrls"] {
        assert!(ask(tool, json!({"labelId": label})).contains("NullPointerException"));
        assert!(ask(tool, json!({"labelId": label, "sportType": "100"})).starts_with(anomalies));
    }
    let nulls = json!({"startDate": "20260901", "endDate": "20260930", "sportTypeCodes": null, "minDistanceKm": null,
        "maxDistanceKm": null, "minDurationMinutes": null, "maxDurationMinutes": null, "maxAveragePace": null,
        "locationKeyword": null, "limit": null});
    assert!(ask("querySportRecords", nulls).starts_with("Sport Records — "));
    assert!(ask("querySleepHrv", json!({"days": 8})).starts_with(anomalies));
    assert!(ask("querySleepHrv", json!({"days": 7})).starts_with("Sleep HRV — Last 7 days"));
}

#[test]
fn the_faults_of_lists_apply_here_too() {
    let (sim, token) = with(ProseSpec::default(), runs(3));
    let ask = |effect| {
        sim.clear_faults();
        sim.fault(Fault::new(effect).host(US));
        list(&sim, &token)
    };
    let labels = |text: &str| text.matches("LabelId: ").count();
    let none = "No sport records found from 2026-09-01 to 2026-09-30.";
    assert_eq!(ask(Effect::ListEmpty { no_content: false, count_true: false }), none);
    let counted = ask(Effect::ListEmpty { no_content: false, count_true: true });
    assert!(counted.contains("(3 records)") && labels(&counted) == 0);
    for (count_true, heading) in [(false, "(2 records)"), (true, "(3 records)")] {
        let text = ask(Effect::ListWithout { id: 480_000_000_000_000_002, count_true });
        assert!(text.contains(heading) && labels(&text) == 2);
    }
    assert_eq!(labels(&ask(Effect::ListWithoutIds)), 0);
    assert!(!ask(Effect::ListWithoutStarts { nonsense: false }).contains("Time Window"));
    assert!(ask(Effect::ListWithoutStarts { nonsense: true }).contains("startTimestamp=-1 | endTimestamp=-1"));
    let shuffled = ask(Effect::ListShuffled { seed: 1 });
    assert_eq!(labels(&shuffled), 3);
    assert!(!shuffled.contains("1. Outdoor Run — 2026-09-21") || !shuffled.contains("3. Outdoor Run — 2026-09-19"));
    sim.clear_faults();
    let mut other = sim.with(|state| state.coros.accounts[0].clone());
    other.items.clear();
    other.spec.email = "other@example.org".into();
    sim.with(|state| state.coros.accounts.push(other));
    assert_eq!(ask(Effect::AsAccount { email: "other@example.org".into() }), none);
}

#[test]
fn the_list_and_the_training_hub_show_the_same_activities() {
    let spec = gs_sim::CorosSpec { region: 1, generate: 25, ..gs_sim::CorosSpec::default() };
    let scenario = gs_sim::Scenario { coros: vec![spec], ..gs_sim::Scenario::default_garmin(0, 3) };
    let sim = scenario.start();
    let token = access(&sim);
    let arguments = json!({"startDate": "20200101", "endDate": "20261231", "limit": 100});
    let text = words(&call(&sim, &token, "querySportRecords", arguments));
    let labels = text.lines().filter_map(|line| line.strip_prefix("   LabelId: ")).map(|line| &line[..18]);
    let labels: Vec<u64> = labels.map(|label| label.parse().unwrap()).collect();
    assert_eq!(labels, sim.with(|state| state.coros_ids(1)));
    let added = sim.with(|state| state.add_coros_activity(1, &activity(500, 100, 600, 2000.0)));
    assert!(sim.with(|state| state.remove_coros_activity(1, labels[0])));
    let arguments = json!({"startDate": "20200101", "endDate": "20261231", "limit": 100});
    let text = words(&call(&sim, &token, "querySportRecords", arguments));
    assert!(text.contains(&added.to_string()) && !text.contains(&labels[0].to_string()));
    assert_eq!(
        send(&sim, "GET", "/_sim/state", &[], "").unwrap().json()["coros_mcp"]["calls"][0]["tool"],
        "querySportRecords"
    );
}
