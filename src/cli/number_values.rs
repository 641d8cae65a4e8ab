//! Reads the values of flags that are numbers or select by a number: `20`, `20km`, `ascent_m=500`, `timer_time_s=1h`.

use std::num::NonZeroUsize;

use clap::ValueEnum;

use super::list_output::Field;
use crate::settings::closest;
use crate::sync::NumberField;

/// A count that may be 0.
pub(super) fn count(text: &str) -> Result<u64, String> {
    match text.trim() {
        digits if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err("not a whole number".into())
        }
        digits => digits.parse().map_err(|_| "too large".into()),
    }
}

/// A count of at least 1.
pub(super) fn positive(text: &str) -> Result<NonZeroUsize, String> {
    let number = usize::try_from(count(text)?).map_err(|_| "too large")?;
    NonZeroUsize::new(number).ok_or_else(|| "must be at least 1".into())
}

/// A distance with its unit, in metres.
pub(super) fn metres(text: &str) -> Result<f64, String> {
    let (number, unit) = number_and_unit(text)?;
    let factor = factor_of(&unit, METRES).ok_or("name the unit: 20km, 13.1mi, 400m")?;
    if number < 0.0 { Err("a distance is not negative".into()) } else { Ok(number * factor) }
}

/// A field of the record and a limit of its number: in the unit of the field, or with a unit.
pub(super) fn limit(text: &str) -> Result<(NumberField, f64), String> {
    let (name, number) = text.split_once('=').ok_or("a field and a number: ascent_m=500")?;
    let name = name.trim();
    let field = Field::from_str(name, false).ok().and_then(Field::number).ok_or_else(|| unknown_field(name))?;
    let (number, unit) = number_and_unit(number)?;
    let (units, examples) = match name {
        name if name.ends_with("_m") => (METRES, "20km, 13.1mi, 400m"),
        name if name.ends_with("_s") => (SECONDS, "90s, 45min, 1.5h"),
        _ => (&[][..], "a number alone"),
    };
    let factor = if unit.is_empty() { Some(1.0) } else { factor_of(&unit, units) };
    factor.map(|factor| (field, number * factor)).ok_or_else(|| format!("unknown unit {unit:?}; known: {examples}"))
}

/// The units of a distance, in metres.
const METRES: &[(&str, f64)] = &[("m", 1.0), ("km", 1000.0), ("k", 1000.0), ("mi", 1609.344)];
/// The units of a time, in seconds.
const SECONDS: &[(&str, f64)] = &[("s", 1.0), ("m", 60.0), ("min", 60.0), ("h", 3600.0)];

fn factor_of(unit: &str, units: &[(&str, f64)]) -> Option<f64> {
    units.iter().find(|(known, _)| *known == unit).map(|(_, factor)| *factor)
}

/// A number, and the unit behind it in lower case.
fn number_and_unit(text: &str) -> Result<(f64, String), String> {
    // `1e3` is a number, and `infkm` is none.
    let unit_at = text.trim_end().trim_end_matches(|c: char| c.is_ascii_alphabetic()).len();
    let (number, unit) = text.split_at(unit_at);
    match number.trim().parse::<f64>() {
        Ok(number) if number.is_finite() => Ok((number, unit.trim().to_ascii_lowercase())),
        _ => Err(format!("{:?} is no number", text.trim())),
    }
}

/// The error for a name that is no field with a number: the one that is meant, or all.
fn unknown_field(name: &str) -> String {
    let known = Field::value_variants().iter().filter(|field| field.number().is_some());
    let known: Vec<String> = known.map(|field| field.name()).collect();
    let begins = |full: &&str| !name.is_empty() && full.strip_prefix(name).is_some_and(|rest| rest.starts_with('_'));
    let names = || known.iter().map(String::as_str);
    match names().find(begins).or_else(|| closest(name, names())) {
        Some(meant) => format!("unknown field {name:?}; did you mean {meant}?"),
        None => format!("unknown field {name:?}; known: {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_has_a_unit() {
        assert_eq!(metres("20km"), Ok(20_000.0));
        assert_eq!(metres("400 m"), Ok(400.0));
        assert_eq!(metres("1mi"), Ok(1609.344));
        assert_eq!(["20KM", "20k", "20 Km", "20000 M"].map(metres), [const { Ok(20_000.0) }; 4]);
        for wrong in ["20", "km", "-1km", "1e400km", "20ft", "infkm", "20 km h"] {
            assert!(metres(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_count_that_is_no_number_is_reported_in_plain_words() {
        assert_eq!((count("0"), positive("7").map(NonZeroUsize::get)), (Ok(0), Ok(7)));
        for wrong in ["abc", "", "-1", "+1", "1.5"] {
            assert_eq!(count(wrong).unwrap_err(), "not a whole number", "{wrong}");
        }
        assert_eq!(positive("0").unwrap_err(), "must be at least 1");
        assert_eq!(count("99999999999999999999").unwrap_err(), "too large");
    }

    #[test]
    fn a_limit_names_a_field_of_the_record() {
        assert_eq!(limit("ascent_m=500"), Ok((NumberField::Ascent, 500.0)));
        assert_eq!(limit("distance_m=20km"), Ok((NumberField::Distance, 20_000.0)));
        assert_eq!(limit("timer_time_s=1h"), Ok((NumberField::TimerTime, 3600.0)));
        assert_eq!(limit("avg_speed_mps=1e1"), Ok((NumberField::AvgSpeed, 10.0)));
        assert_eq!(limit("ascent=500").unwrap_err(), "unknown field \"ascent\"; did you mean ascent_m?");
        assert!(limit("weight=500").unwrap_err().contains("known: timer_time_s, "));
        assert_eq!(limit("calories_kcal=1h").unwrap_err(), "unknown unit \"h\"; known: a number alone");
        for wrong in ["ascent_m", "ascent_m=", "ascent_m=NaN", "=1"] {
            assert!(limit(wrong).is_err(), "{wrong}");
        }
    }
}
