//! Generates `docs/record.schema.json` from the types and their doc comments.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::json;

use super::*;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/record.schema.json");

/// The description of the complete schema.
const DESCRIPTION: &str = "The commands of garminsync write and read records. A record is one line: a JSON object in \
    UTF-8. Its `type` is `activity`, an activity on a platform, or `transfer`, the planned upload of an activity to a \
    platform.\n\n\
    New versions only add fields. Commands pass unknown fields and types on unchanged, so commands of different versions \
    and scripts can be combined. A known type with invalid fields is an error with its line number (exit code 65). Empty \
    lines are ignored.\n\n\
    Unknown values are omitted. Times are UTC, as in 2026-01-08T14:10:21Z. Field names end with their unit: `_s` is \
    seconds, `_m` metres. Sports are the names of FIT. An id is text and unique on its platform.";

/// Examples that together have every field.
const EXAMPLES: [&str; 4] = [
    r#"{"type":"activity","platform":"garmin-com","id":"21482825013","name":"Morning run","sport":"running","sub_sport":"trail","platform_sport":"trail_running","start_time":"2026-01-08T14:10:21Z","utc_offset_s":-21600,"timer_time_s":2223.3,"elapsed_time_s":2225.4,"distance_m":4261.2,"manufacturer":"garmin","device":"Forerunner 265","avg_heart_rate_bpm":148.0,"max_heart_rate_bpm":171.0,"avg_power_w":251.0,"ascent_m":62.0,"calories_kcal":312.0,"avg_speed_mps":1.917,"numbers_from":"file","downloaded":true,"file":{"path":"fit/garmin_com/activity_21482825013_2026-01-08T14-10-21Z.fit","sha256":"0bf9b4d5e3a1c7288f60b7d2a9514ce3d6f0a8b1e2c3d4f5a6b7c8d9e0f1a2b3","bytes":88212,"format":"fit","origin":"original"},"duplicate_of":{"id":"21482825001","reasons":[{"code":"start-apart","seconds":2.0,"text":"starts 2 s apart"},{"code":"distance","percent":0.1,"text":"distance 0.1 % apart"}],"certainty":"match"},"outcome":{"kind":"skipped","reasons":[{"code":"not-confirmed","text":"--yes was not given"}]},"also_on":[{"platform":"coros","id":"469901014965714950"}],"exported":["/home/me/gpx/2026-01-08 0810 running Morning run.gpx"]}"#,
    r#"{"type":"activity","platform":"coros","id":"469901014965714948","platform_sport":"100","start_time":"2026-01-09T06:02:11Z","manual":true,"downloaded":false,"no_original":true,"deleted":{"since":"2026-02-01T10:00:00Z","confirmed":true}}"#,
    r#"{"type":"transfer","to":"coros","activity":{"platform":"garmin-com","id":"21482825013","start_time":"2026-01-08T14:10:21Z"},"reasons":[{"code":"not-on-platform","platform":"coros","text":"not on coros"}],"allow_possible_duplicate":true,"file":{"path":"fit/garmin_com/activity_21482825013_2026-01-08T14-10-21Z.fit","sha256":"0bf9b4d5e3a1c7288f60b7d2a9514ce3d6f0a8b1e2c3d4f5a6b7c8d9e0f1a2b3","bytes":88212},"outcome":{"kind":"created","id":"469901014965714950"}}"#,
    r#"{"type":"transfer","to":"coros","activity":{"platform":"garmin-com","id":"21482825019"},"problem":{"command":"gs-download","kind":"not-found","reason":{"code":"not-found","detail":"HTTP 404: no such activity","text":"HTTP 404: no such activity"}}}"#,
];

/// A known code has the parameters of its reason; a code of another version may have any parameters.
impl JsonSchema for Explanation {
    fn schema_name() -> Cow<'static, str> {
        "Explanation".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let reason = generator.subschema_for::<Reason>();
        let known: Vec<Value> = codes(&Reason::json_schema(generator).to_value());
        json_schema!({
            "description": "The reason of a result. Programs compare the code; the text may be reworded at any time.",
            "type": "object",
            "properties": {
                "code": {"type": "string", "description": "The code of the reason. Each code has its own parameters, which are further fields of this object."},
                "text": {"type": "string", "description": "The reason in English, for people. No command reads the text."},
            },
            "required": ["code", "text"],
            "anyOf": [reason, {"properties": {"code": {"not": {"enum": known}}}}],
        })
    }
}

/// The codes in the schema of the reasons.
fn codes(reasons: &Value) -> Vec<Value> {
    let all = reasons["oneOf"].as_array().into_iter().flatten();
    all.map(|one| one["properties"]["code"]["const"].clone()).collect()
}

fn schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let of_type = |kind: &str, body: schemars::Schema| json!({"if": {"properties": {"type": {"const": kind}}, "required": ["type"]}, "then": body});
    let activity = of_type("activity", generator.subschema_for::<ActivityRecord>());
    let transfer = of_type("transfer", generator.subschema_for::<TransferRecord>());
    let examples: Vec<Value> = EXAMPLES.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A record of garminsync",
        "description": DESCRIPTION,
        "type": "object",
        "properties": {"type": {"type": "string", "description": "`activity`, `transfer`, or a type of another program."}},
        "required": ["type"],
        "allOf": [activity, transfer],
        "$defs": generator.take_definitions(true),
        "examples": examples,
    })
}

#[test]
fn the_schema_file_is_that_of_the_types() {
    let text = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("GENERATE").is_some() {
        std::fs::write(PATH, &text).unwrap();
    }
    assert!(std::fs::read_to_string(PATH).is_ok_and(|there| there == text), "{PATH} is old; run scripts/generate");
}

#[test]
fn the_examples_are_valid_and_contain_every_field() {
    let schema = schema();
    for line in EXAMPLES {
        let record = Record::parse(line.as_bytes()).unwrap();
        let mut written = Vec::new();
        record.write(&mut written).unwrap();
        assert_eq!(
            String::from_utf8(written).unwrap().trim_end(),
            line,
            "the fields of an example are in the order in which they are written"
        );
    }
    for (name, part) in schema["$defs"].as_object().unwrap() {
        for field in part["properties"].as_object().into_iter().flat_map(Map::keys) {
            let named = format!("\"{field}\":");
            let is_shown = EXAMPLES.iter().any(|line| line.contains(&named));
            assert!(
                is_shown || matches!(field.as_str(), "retry_original_at" | "unavailable"),
                "no example has {field} of {name}"
            );
        }
    }
}
