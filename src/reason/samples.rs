//! One sample of every reason, made from the schema of the type: none can be forgotten.

use serde_json::{Map, Value, json};

use super::Reason;

/// A time, as parameters have it.
const TIME: &str = "2026-01-08T14:10:21Z";

/// A sample of every reason. Each text in its parameters, and in those of a reason within it, is `text`.
pub fn samples(text: &str) -> Vec<Reason> {
    let schema = schemars::schema_for!(Reason).to_value();
    let variants = schema["oneOf"].as_array().expect("an enum with a code");
    let sample = |variant: &Value| {
        let fields = variant["properties"].as_object().expect("a code and parameters");
        let fields: Map<String, Value> =
            fields.iter().map(|(name, field)| (name.clone(), value(field, text))).collect();
        serde_json::from_value(Value::Object(fields)).expect("a reason as its schema has it")
    };
    variants.iter().map(sample).collect()
}

/// A value as a schema has it.
fn value(schema: &Value, text: &str) -> Value {
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    if schema.get("$ref").is_some() {
        return json!({"code": "other", "detail": text});
    }
    // What may be left out is there.
    if let Some(some) = schema["anyOf"].as_array() {
        return some.iter().find(|one| one["type"] != "null").map_or(Value::Null, |one| value(one, text));
    }
    let kinds = schema["type"].as_array().cloned().unwrap_or_else(|| vec![schema["type"].clone()]);
    let kind = kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").expect("a type");
    match (kind, schema["format"].as_str()) {
        ("string", Some("date-time")) => json!(TIME),
        ("string", _) => json!(text),
        ("integer", _) => json!(2),
        ("number", _) => json!(2.5),
        ("boolean", _) => json!(true),
        ("array", _) => {
            let count = schema["minItems"].as_u64().unwrap_or(1);
            (0..count).map(|_| value(&schema["items"], text)).collect()
        }
        (kind, _) => panic!("no sample of {kind}"),
    }
}
