//! COROS MCP: the wording of lists and details.

use crate::mcp::*;
use crate::mcp_list::{sample, with};
use gs_sim::{Changed, Location, Part, ProseSpec};
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
