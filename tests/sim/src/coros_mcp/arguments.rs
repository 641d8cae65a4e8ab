//! Arguments of tools: their kinds, and the refusal of others.

use super::tools::Refusal;
use crate::clock;
use serde_json::{Value, json};

/// The kind of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text; a number is refused, as it cannot hold every `labelId`.
    Text,
    /// Text, `yyyyMMdd`.
    Day,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Whole numbers.
    Integers,
}

impl Kind {
    /// Its JSON schema.
    pub fn schema(self) -> Value {
        match self {
            Kind::Text => json!({"type": "string"}),
            Kind::Day => json!({"type": "string", "description": "yyyyMMdd"}),
            Kind::Integer => json!({"type": "integer"}),
            Kind::Number => json!({"type": "number"}),
            Kind::Integers => json!({"type": "array", "items": {"type": "integer"}}),
        }
    }

    fn fits(self, value: &Value) -> bool {
        match self {
            Kind::Text => value.is_string(),
            Kind::Day => day(value).is_some(),
            Kind::Integer => value.is_i64(),
            Kind::Number => value.is_number(),
            Kind::Integers => value.as_array().is_some_and(|all| all.iter().all(Value::is_i64)),
        }
    }
}

/// What happens without an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// It may be absent or null.
    Optional,
    /// The same, although the schema calls it required.
    Nominal,
    /// The call is refused.
    Required,
    /// The call ends in a NullPointerException (COROS-MCP issue 4, 2026).
    Unboxed,
}

/// An argument of a tool.
#[derive(Debug)]
pub struct Argument {
    /// Its name.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// What happens without it.
    pub rule: Rule,
}

/// Checks the arguments of a call. That unknown names are refused is a guess.
pub fn check<'a>(known: impl Iterator<Item = &'a Argument>, given: &Value) -> Result<(), Refusal> {
    let empty = serde_json::Map::new();
    let given = match given {
        Value::Null => &empty,
        Value::Object(fields) => fields,
        _ => return Err(Refusal::Anomalies),
    };
    let known: Vec<&Argument> = known.collect();
    if given.keys().any(|name| !known.iter().any(|one| one.name == name)) {
        return Err(Refusal::Anomalies);
    }
    known.iter().try_for_each(|one| match (given.get(one.name), one.rule) {
        (None | Some(Value::Null), Rule::Optional | Rule::Nominal) => Ok(()),
        (None | Some(Value::Null), Rule::Required) => Err(Refusal::Anomalies),
        (None | Some(Value::Null), Rule::Unboxed) => Err(Refusal::Exception(one.name)),
        (Some(value), _) if one.kind.fits(value) => Ok(()),
        _ => Err(Refusal::Anomalies),
    })
}

/// Midnight of a day `yyyyMMdd`, as seconds since 1970.
pub fn day(value: &Value) -> Option<i64> {
    let text = value.as_str().filter(|text| text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()))?;
    clock::parse_date(&format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]))
}
