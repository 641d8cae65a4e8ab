//! Reads the values of flags that select by a number: `20km`, `ascent_m=500`.

use clap::ValueEnum;

use super::Units;
use super::list_output::Field;
use crate::sync::NumberField;

/// A distance with its unit, in metres.
pub(super) fn metres(text: &str) -> Result<f64, String> {
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let factor = match unit {
        "m" => 1.0,
        "km" => 1000.0,
        "mi" => Units::Statute.metres(),
        _ => return Err("name the unit: 20km, 13.1mi, 400m".into()),
    };
    match number.trim().parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number * factor),
        _ => Err(format!("{:?} is no number", number.trim())),
    }
}

/// A field of the record and a limit of its number.
pub(super) fn limit(text: &str) -> Result<(NumberField, f64), String> {
    let (name, number) = text.split_once('=').ok_or("a field and a number: ascent_m=500")?;
    let name = name.trim();
    let field = Field::from_str(name, false).ok().and_then(Field::number).ok_or_else(|| {
        let known = Field::value_variants().iter().filter(|field| field.number().is_some());
        let known: Vec<String> = known.map(|field| field.name()).collect();
        format!("unknown field {name:?}; known: {}", known.join(", "))
    })?;
    match number.trim().parse::<f64>() {
        Ok(number) if number.is_finite() => Ok((field, number)),
        _ => Err(format!("{:?} is no number", number.trim())),
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
        for wrong in ["20", "km", "-1km", "1e400km", "20ft", "infkm", "20 km h"] {
            assert!(metres(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_limit_names_a_field_of_the_record() {
        assert_eq!(limit("ascent_m=500"), Ok((NumberField::Ascent, 500.0)));
        assert!(limit("ascent=500").unwrap_err().contains("known: timer_time_s, "));
        for wrong in ["ascent_m", "ascent_m=", "ascent_m=NaN", "=1"] {
            assert!(limit(wrong).is_err(), "{wrong}");
        }
    }
}
