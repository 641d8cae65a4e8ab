//! Names of fields in records: the name in FIT, and the unit.

use crate::fit::{FitField, FitValue};

/// FIT's units, each with its form in a name. A unit that is not listed, such as a number of strokes, is part of the name
/// already, or is none.
const UNITS: [(&str, &str); 54] = [
    ("%", "percent"),
    ("percent", "percent"),
    ("bar", "bar"),
    ("bar/min", "bar_per_min"),
    ("bpm", "bpm"),
    ("breaths/min", "per_min"),
    ("strides/min", "per_min"),
    ("strokes/min", "per_min"),
    ("spm", "per_min"),
    ("c", "c"),
    ("degc", "c"),
    ("deg/s", "deg_per_s"),
    ("degrees", "deg"),
    ("g/dl", "g_per_dl"),
    ("hr", "h"),
    ("j", "j"),
    ("kcal", "kcal"),
    ("kcal / day", "kcal_per_day"),
    ("kcal/day", "kcal_per_day"),
    ("kcal / min", "kcal_per_min"),
    ("kg", "kg"),
    ("kg/m^2", "kg_per_m2"),
    ("kg/m^3", "kg_per_m3"),
    ("km", "km"),
    ("km/h", "kmph"),
    ("l", "l"),
    ("l/min", "l_per_min"),
    ("ml/kg/min", "ml_per_kg_min"),
    ("m", "m"),
    ("meters", "m"),
    ("metres", "m"),
    ("m/s", "mps"),
    ("mps", "mps"),
    ("m/s^2", "mps2"),
    ("cm", "cm"),
    ("centimeters", "cm"),
    ("mm", "mm"),
    ("millimeters", "mm"),
    ("min", "min"),
    ("minutes", "min"),
    ("mmhg", "mmhg"),
    ("ms", "ms"),
    ("milliseconds", "ms"),
    ("pa", "pa"),
    ("radians", "rad"),
    ("radians/second", "rad_per_s"),
    ("rpm", "rpm"),
    ("s", "s"),
    ("sec", "s"),
    ("seconds", "s"),
    ("v", "v"),
    ("w", "w"),
    ("watts", "w"),
    ("years", "years"),
];
/// The names in every record of a message.
const ENVELOPE: [&str; 7] = ["type", "platform", "id", "file", "index", "developer_fields", "fields"];
/// The types of other records.
const OTHER_RECORDS: [&str; 2] = ["activity", "transfer"];

/// The type of the record of a message with this name.
pub(super) fn record_type(message: &str) -> String {
    if OTHER_RECORDS.contains(&message) { format!("fit_{message}") } else { message.to_owned() }
}

/// The name of a field that stands beside those of every record.
pub(super) fn field_name(field: &FitField) -> String {
    let name = with_unit(field);
    if ENVELOPE.contains(&name.as_str()) { format!("fit_{name}") } else { name }
}

/// The name of a field with its unit: `distance_m`. Times and texts have none.
pub(super) fn with_unit(field: &FitField) -> String {
    let unit = match &field.value {
        FitValue::Integer(_) | FitValue::Real(_) | FitValue::List(_) => suffix(&field.unit),
        FitValue::Uptime(_) => Some("s"),
        FitValue::Text(_) | FitValue::Time(_) | FitValue::LocalTime(_) => None,
    };
    match unit {
        Some(unit) if !ends_with(&field.name, unit) && !ends_with(&field.name, &field.unit) => {
            format!("{}_{unit}", field.name)
        }
        _ => field.name.clone(),
    }
}

fn suffix(unit: &str) -> Option<&'static str> {
    let is_unit = |known: &str| known.eq_ignore_ascii_case(unit);
    UNITS.iter().find(|(known, _)| is_unit(known)).map(|(_, suffix)| *suffix)
}

/// Whether the last word of a name is this one: `duration_min`.
fn ends_with(name: &str, word: &str) -> bool {
    name.strip_suffix(word).is_some_and(|rest| rest.ends_with('_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, unit: &str, value: FitValue) -> String {
        field_name(&FitField { name: name.into(), unit: unit.into(), value })
    }

    #[test]
    fn a_name_ends_with_the_unit_of_its_number() {
        let number = || FitValue::Integer(1);
        assert_eq!(named("total_timer_time", "s", number()), "total_timer_time_s");
        assert_eq!(named("power", "watts", number()), "power_w");
        assert_eq!(named("Power", "Watts", number()), "Power_w");
        assert_eq!(named("enhanced_speed", "m/s", FitValue::List(vec![Some(number())])), "enhanced_speed_mps");
        assert_eq!(named("total_strokes", "strokes", number()), "total_strokes");
        assert_eq!(named("sport", "", number()), "sport");
        assert_eq!(named("weight", "kg", FitValue::Text("calculating".into())), "weight");
        assert_eq!(named("start_time", "s", FitValue::Time(0)), "start_time");
        assert_eq!(named("timestamp", "s", FitValue::Uptime(3)), "timestamp_s");
    }

    #[test]
    fn no_unit_is_repeated() {
        assert_eq!(named("timestamp_ms", "ms", FitValue::Integer(1)), "timestamp_ms");
        assert_eq!(named("moderate_activity_minutes", "minutes", FitValue::Integer(1)), "moderate_activity_minutes");
        assert_eq!(named("program", "m", FitValue::Integer(1)), "program_m", "no word of its own");
    }

    #[test]
    fn the_document_has_every_unit() {
        let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/fit.md")).unwrap();
        for (_, suffix) in UNITS {
            assert!(text.contains(&format!("`_{suffix}`")), "docs/fit.md has no _{suffix}");
        }
    }

    #[test]
    fn names_of_fit_and_of_records_do_not_collide() {
        assert_eq!(named("type", "", FitValue::Text("activity".into())), "fit_type");
        assert_eq!(record_type("activity"), "fit_activity");
        assert_eq!(record_type("session"), "session");
    }
}
