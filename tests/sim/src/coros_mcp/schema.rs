//! The tools with their arguments, as the list of tools shows them.

use super::arguments::{Argument, Kind, Rule};
use super::rpc::RpcError;
use super::spec::McpSpec;
use serde_json::{Value, json};

/// A tool.
pub struct Tool {
    /// Its name.
    pub name: &'static str,
    /// Its description.
    about: &'static str,
    /// Its arguments.
    pub arguments: &'static [Argument],
}

const fn tool(name: &'static str, about: &'static str, arguments: &'static [Argument]) -> Tool {
    Tool { name, about, arguments }
}

const fn argument(name: &'static str, kind: Kind, rule: Rule) -> Argument {
    Argument { name, kind, rule }
}

/// The argument that only the newer schema of [`RECORDS`] has.
pub const TIMEZONE: &str = "timezone";
/// The list of activities.
pub const RECORDS: &str = "querySportRecords";

const LABEL: Argument = argument("labelId", Kind::Text, Rule::Required);
const SPORT: Argument = argument("sportType", Kind::Integer, Rule::Unboxed);
const FROM: Argument = argument("startDate", Kind::Day, Rule::Required);
const TO: Argument = argument("endDate", Kind::Day, Rule::Required);
const MAYBE_FROM: Argument = argument("startDate", Kind::Day, Rule::Optional);
const MAYBE_TO: Argument = argument("endDate", Kind::Day, Rule::Optional);
const DAYS: Argument = argument("days", Kind::Integer, Rule::Optional);
const LIMIT: Argument = argument("limit", Kind::Integer, Rule::Optional);
const ZONE: Argument = argument(TIMEZONE, Kind::Text, Rule::Optional);

const ONE: &[Argument] = &[LABEL, SPORT];
const BY_DAYS: &[Argument] = &[DAYS, ZONE];
const BY_RANGE: &[Argument] = &[DAYS, MAYBE_FROM, MAYBE_TO, ZONE];

/// The read tools of September 2026. The schema of the first one calls ten arguments required, but takes null for
/// all but the days, and needs no more than the days (public clients, 2026-08 and -09).
pub const TOOLS: [Tool; 23] = [
    tool(
        RECORDS,
        "Sport records in a range of days.",
        &[
            FROM,
            TO,
            argument("sportTypeCodes", Kind::Integers, Rule::Nominal),
            argument("minDistanceKm", Kind::Number, Rule::Nominal),
            argument("maxDistanceKm", Kind::Number, Rule::Nominal),
            argument("minDurationMinutes", Kind::Integer, Rule::Nominal),
            argument("maxDurationMinutes", Kind::Integer, Rule::Nominal),
            argument("maxAveragePace", Kind::Text, Rule::Nominal),
            argument("locationKeyword", Kind::Text, Rule::Nominal),
            argument("limit", Kind::Integer, Rule::Nominal),
            ZONE,
        ],
    ),
    tool("getActivityDetail", "Details of an activity.", ONE),
    tool("queryActivityLapData", "Laps of an activity.", ONE),
    tool(
        "queryCustomActivityLapData",
        "A part of an activity.",
        &[
            LABEL,
            SPORT,
            argument("startTimestamp", Kind::Integer, Rule::Unboxed),
            argument("endTimestamp", Kind::Integer, Rule::Unboxed),
        ],
    ),
    tool("downloadActivityFitFiles", "The FIT file of an activity.", &[LABEL, SPORT, MAYBE_FROM, MAYBE_TO, LIMIT]),
    tool("queryActivityFitFileDownloadUrls", "The address of a FIT file.", &[LABEL, SPORT, LIMIT]),
    tool("queryDevices", "Devices.", &[]),
    tool("queryUserInfo", "The user.", &[]),
    tool("queryDailyHealthData", "Health by day.", BY_DAYS),
    tool("queryAvgHeartRate", "Average heart rate.", BY_DAYS),
    tool("queryRestingHeartRate", "Resting heart rate.", BY_DAYS),
    tool("queryStressLevel", "Stress.", BY_DAYS),
    tool("querySleepData", "Sleep by night.", BY_RANGE),
    tool("querySleepHrv", "HRV by night, at most 7.", BY_RANGE),
    tool("querySleepOverview", "Sleep.", BY_RANGE),
    tool("queryHealthCheckTimeSeries", "Health checks of at most 7 days.", BY_RANGE),
    tool("queryStressTimeSeries", "Stress of at most 7 days.", BY_RANGE),
    tool("queryRecoveryStatus", "Recovery.", &[ZONE]),
    tool("queryFitnessAssessmentOverview", "Fitness.", &[ZONE]),
    tool("queryTrainingLoadAssessment", "Training load.", BY_RANGE),
    tool("queryMenstruationCycles", "Cycles.", BY_RANGE),
    tool("queryTrainingSchedule", "Planned workouts.", BY_RANGE),
    tool(
        "analyzeActivityDetail",
        "An analysis of an activity.",
        &[LABEL, SPORT, argument("focus", Kind::Text, Rule::Optional)],
    ),
];

/// A tool by its name, unless the scenario removed it.
pub fn named(spec: &McpSpec, name: &str) -> Option<&'static Tool> {
    TOOLS.iter().find(|tool| tool.name == name && !spec.tools_gone.iter().any(|gone| gone == name))
}

/// Whether a tool has an argument.
pub fn shows(spec: &McpSpec, tool: &Tool, argument: &Argument) -> bool {
    spec.timezone || tool.name != RECORDS || argument.name != TIMEZONE
}

/// A page of the list of tools.
pub fn list(spec: &McpSpec, params: &Value) -> Result<Value, RpcError> {
    let all: Vec<&Tool> = TOOLS.iter().filter(|tool| named(spec, tool.name).is_some()).collect();
    let from = match params["cursor"].as_str() {
        None => 0,
        Some(text) => text
            .strip_prefix("tools-")
            .and_then(|at| at.parse().ok())
            .filter(|at| *at < all.len())
            .ok_or_else(|| RpcError(-32602, "Invalid cursor".to_owned()))?,
    };
    let size = spec.tools_page.unwrap_or(all.len()).max(1);
    let page: Vec<Value> = all.iter().skip(from).take(size).map(|tool| describe(spec, tool)).collect();
    let mut result = json!({"tools": page});
    if from + size < all.len() {
        result["nextCursor"] = format!("tools-{}", from + size).into();
    }
    Ok(result)
}

fn describe(spec: &McpSpec, tool: &Tool) -> Value {
    let shown = || tool.arguments.iter().filter(|argument| shows(spec, tool, argument));
    let properties: Value = shown().map(|one| (one.name.to_owned(), one.kind.schema())).collect();
    let required: Vec<&str> = shown().filter(|one| one.rule != Rule::Optional).map(|one| one.name).collect();
    let properties = if properties.is_object() { properties } else { json!({}) };
    json!({"name": tool.name, "description": tool.about,
        "inputSchema": {"type": "object", "properties": properties, "required": required}})
}
