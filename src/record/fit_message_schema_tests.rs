//! Generates `docs/fit-message.schema.json` from the type and its doc comments.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::FitMessageRecord;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/fit-message.schema.json");

/// The description of the complete schema.
const DESCRIPTION: &str = "gs-fit prints the messages of FIT files. A message is one line: a JSON object in UTF-8. Its `type` \
    is the FIT name of the message.\n\n\
    The other names are those of the FIT profile. A field that FIT expands into others is replaced by them: `speed` by \
    `enhanced_speed`. A field whose meaning depends on another one has the name of that meaning: `product` of a Garmin device \
    is `garmin_product`. The names `type`, `file` and `id` of FIT become `fit_type`, `fit_file` and `fit_id`.\n\n\
    The name of a number ends with its unit, as in `distance_m`, `speed_mps`, `power_w`, `heart_rate_bpm` and \
    `position_lat_deg`; docs/fit.md has all units. A number without a unit, such as a number of strokes, has none. Names that \
    end with their unit stay as they are.\n\n\
    Times are UTC, as in 2026-01-08T14:10:21Z. A time of the clock of the device (`local_timestamp`) has no `Z`. A time that \
    counts from when the device was switched on is a number of seconds: `timestamp_s`. An enum has the name of its value, or \
    the number of a value without a name; true and false are 1 and 0. Text that is not UTF-8 has U+FFFD in place of the \
    invalid bytes.\n\n\
    A value that FIT marks as invalid is omitted. In a list it is null if a valid value follows. A field without a name in the \
    FIT profile is only in `fields`.";

/// Examples that together have every field.
const EXAMPLES: [&str; 2] = [
    r#"{"type":"session","platform":"garmin-com","id":"21482825013","file":"fit/garmin_com/activity_21482825013_2026-01-08T14-10-21Z.fit","index":0,"timestamp":"2026-01-08T14:47:26Z","sport":"running","start_time":"2026-01-08T14:10:21Z","sub_sport":"trail","total_distance_m":4261.2,"total_timer_time_s":2223.3}"#,
    r#"{"type":"record","file":"run.fit","index":12,"timestamp":"2026-01-08T14:10:33Z","distance_m":23.41,"enhanced_speed_mps":1.96,"heart_rate_bpm":141,"position_lat_deg":47.6268263,"position_long_deg":-52.8154856,"developer_fields":{"form_power_w":61},"fields":{"0":568210171,"0.7":61,"1":-630113287,"253":1136815833,"3":141,"5":2341,"6":1960}}"#,
];

fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<FitMessageRecord>().to_value();
    schema["title"] = "A message of a FIT file, as gs-fit prints it".into();
    schema["description"] = DESCRIPTION.into();
    schema["examples"] = examples().into();
    schema
}

fn examples() -> Vec<Value> {
    EXAMPLES.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_schema_file_is_that_of_the_types_of_fit_messages() {
    let text = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("GENERATE").is_some() {
        std::fs::write(PATH, &text).unwrap();
    }
    assert!(std::fs::read_to_string(PATH).is_ok_and(|there| there == text), "{PATH} is old; run scripts/generate");
}

#[test]
fn the_examples_of_fit_messages_have_every_field() {
    let schema = schema();
    for name in schema["properties"].as_object().unwrap().keys() {
        assert!(examples().iter().any(|example| example.get(name).is_some()), "no example has {name}");
    }
    for name in schema["required"].as_array().unwrap() {
        assert!(examples().iter().all(|example| example.get(name.as_str().unwrap()).is_some()), "{name}");
    }
    assert_eq!(schema["required"], json!(["type", "file", "index"]));
}
