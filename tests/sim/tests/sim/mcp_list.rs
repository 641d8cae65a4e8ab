//! COROS MCP: the list of activities, its wording, its limits and its arguments; details.

use crate::common::*;
use crate::mcp::*;
use gs_sim::{Changed, CorosActivitySpec, Effect, Fault, Location, McpSpec, Part, ProseSpec, Sim};
use serde_json::{Value, json};

const SAMPLE: &str = "\
Sport Records — 2026-09-01 to 2026-09-30 (5 records)
========================

1. Outdoor Run — 2026-09-21
   Location: Millbrook Run
   Start Coordinates: ORIGIN
   Time Window: startTimestamp=1789970400 | endTimestamp=1789973050
   Duration: 44:10 | Distance: 8.02 km
   Average Pace: 5:30 /km | Avg HR: 140 bpm | Calories: 424 kcal
   LabelId: 480000000000000001 | SportType: 100

2. Outdoor Bike — 2026-09-20
   Location: Millbrook Bike
   Start Coordinates: ORIGIN
   Time Window: startTimestamp=1789884000 | endTimestamp=1789890600
   Duration: 1:50:00 | Distance: 44.00 km
   Average Speed: 24.0 km/h | Avg HR: 140 bpm | Calories: 1056 kcal
   LabelId: 480000000000000002 | SportType: 200

3. Pool Swim — 2026-09-19
   Location: Pool Swim
   Start Coordinates: ORIGIN
   Time Window: startTimestamp=1789797600 | endTimestamp=1789799100
   Duration: 25:00 | Distance: 1.00 km
   Average Pace: 2:30 /km | Avg HR: 140 bpm | Calories: 240 kcal
   LabelId: 480000000000000003 | SportType: 300

4. Gym Cardio — 2026-09-18
   Location: Gym Cardio
   Start Coordinates: ORIGIN
   Time Window: startTimestamp=1789711200 | endTimestamp=1789713065
   Duration: 31:05
 | Avg HR: 140 bpm | Calories: 298 kcal
   LabelId: 480000000000000004 | SportType: 400

5. Strength — 2026-09-17
   Location: Strength
   Start Coordinates: ORIGIN
   Time Window: startTimestamp=1789624800 | endTimestamp=1789627180
   Duration: 39:40 | Sets: 12
 | Avg HR: 140 bpm | Calories: 380 kcal
   LabelId: 480000000000000005 | SportType: 402";

fn sample() -> Vec<CorosActivitySpec> {
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

fn with(prose: ProseSpec, activities: Vec<CorosActivitySpec>) -> (Sim, String) {
    let sim = start(McpSpec { prose, ..McpSpec::default() }, activities);
    // The invented activities pause; these do not.
    sim.with(|state| state.coros_account(1).items.iter_mut().for_each(|item| item.total = item.timer));
    let token = access(&sim);
    (sim, token)
}

/// Replaces what depends on the invented place.
fn no_places(text: &str) -> String {
    let lines = text.lines().map(|line| match line.strip_prefix("   Start Coordinates: ") {
        Some(_) => "   Start Coordinates: ORIGIN",
        None => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn without_coordinates(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.contains("Start Coordinates"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_list_is_worded_as_in_the_captures() {
    let (sim, token) = with(ProseSpec::default(), sample());
    let text = list(&sim, &token);
    assert_eq!(without_coordinates(&text), without_coordinates(SAMPLE));
    assert!(no_places(&text).contains("\n   Start Coordinates: ORIGIN\n   Time Window: "));
    let none = json!({"startDate": "20260801", "endDate": "20260807"});
    let none = words(&call(&sim, &token, "querySportRecords", none));
    assert_eq!(none, "No sport records found from 2026-08-01 to 2026-08-07.");
}

#[test]
fn every_part_of_an_entry_but_its_first_and_last_line_may_be_missing() {
    let all = [
        (Part::Location, "Location:"),
        (Part::StartCoordinates, "Start Coordinates:"),
        (Part::TimeWindow, "Time Window:"),
        (Part::Duration, "Duration:"),
        (Part::Distance, "Distance:"),
        (Part::Pace, "Average"),
        (Part::HeartRate, "Avg HR"),
        (Part::Calories, "Calories"),
    ];
    for (part, word) in all {
        let (sim, token) = with(ProseSpec { without: vec![part], ..ProseSpec::default() }, sample());
        let text = list(&sim, &token);
        assert!(!text.contains(word) && text.contains("LabelId: 480000000000000005 | SportType: 402"), "{word}");
        assert_eq!(text.contains("km\n | Avg HR"), part == Part::Pace);
    }
    let without = all.map(|(part, _)| part).to_vec();
    let (sim, token) = with(ProseSpec { without, ..ProseSpec::default() }, runs(1));
    let entry = "1. Outdoor Run — 2026-09-21\n   LabelId: 480000000000000001 | SportType: 100";
    assert!(list(&sim, &token).ends_with(entry));
}

#[test]
fn the_wording_of_may_and_the_forms_of_the_location() {
    let (sim, token) = with(ProseSpec { older: true, ..ProseSpec::default() }, sample());
    let text = list(&sim, &token);
    assert!(text.contains("2. Cycling — 2026-09-20") && !text.contains("Time Window"));
    let set =
        |location| sim.with(|state| state.scenario.coros_mcp.prose = ProseSpec { location, ..ProseSpec::default() });
    set(Location::PlaceAndSport);
    assert!(list(&sim, &token).contains("   Location: Millbrook Outdoor Bike\n"));
    set(Location::Sport);
    assert!(list(&sim, &token).contains("   Location: Outdoor Bike\n"));
    let name = "x | LabelId: 1 | SportType: 9: \"y\"";
    sim.with(|state| {
        state.scenario.coros_mcp.prose = ProseSpec::default();
        state.coros_account(1).items[0].name = Some(name.into());
        state.coros_account(1).items[1].name = None;
    });
    let text = list(&sim, &token);
    assert!(text.contains(&format!("\n   Location: {name}\n")) && text.contains("   Location: Outdoor Bike\n"));
}

#[test]
fn a_changed_wording_is_no_known_form() {
    let (sim, token) = with(ProseSpec::default(), sample());
    let usual = list(&sim, &token);
    let ask = |changed| {
        sim.with(|state| state.scenario.coros_mcp.prose.changed = Some(changed));
        list(&sim, &token)
    };
    assert_eq!(ask(Changed::Count), usual.replace("(5 records)", "(6 records)"));
    assert_eq!(ask(Changed::Heading), usual.replace("Sport Records", "Activity Records"));
    assert_eq!(ask(Changed::Label), usual.replace("LabelId", "Label ID"));
    assert!(ask(Changed::Entry).contains("\n1) Outdoor Run — "));
    assert!(ask(Changed::Miles).contains("Distance: 4.98 mi"));
    assert!(ask(Changed::Json).starts_with('{'));
    let cut = ask(Changed::CutOff);
    assert!(usual.starts_with(&cut) && cut.ends_with("5. Strength — 2026-09-17\n   Location: Strength"));
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
fn details_and_the_other_tools_answer() {
    let (sim, token) = with(ProseSpec::default(), runs(1));
    let ask = |tool: &str, arguments: Value| words(&call(&sim, &token, tool, arguments));
    let detail = ask("getActivityDetail", one(0));
    let head =
        format!("🏃 Outdoor Run Activity Details\n{}\n\nWorkout Time: 44:10\nDistance: 8.02 km\n", "=".repeat(40));
    assert!(detail.starts_with(&head) && detail.contains("\nPerceived Effort: --"));
    assert_eq!(ask("queryDevices", json!({})), "1. COROS PACE 3");
    let resting = ask("queryRestingHeartRate", json!({"days": 3}));
    assert!(resting.starts_with("Resting Heart Rate — Last 3 days\n=====\n20") && resting.ends_with(": 47 bpm"));
    let tools = rpc(&sim, &token, "tools/list", json!({}))["result"]["tools"].clone();
    for tool in tools.as_array().unwrap() {
        let name = tool["name"].as_str().unwrap();
        if tool["inputSchema"]["required"].as_array().unwrap().is_empty() {
            assert!(!ask(name, json!({})).is_empty(), "{name}");
        }
    }
    let part = json!({"labelId": "480000000000000001", "sportType": 100,
        "startTimestamp": START, "endTimestamp": START + 1325});
    let laps = text(&call(&sim, &token, "queryCustomActivityLapData", part)["content"][0]["text"]);
    assert!(laps.contains("\"time\":1325"));
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
