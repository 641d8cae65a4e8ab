//! The numbers of an activity that people ask for most: from its file, or as its service lists them.

use serde::{Deserialize, Serialize};

/// Where the numbers of an activity come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum NumbersSource {
    /// The sessions of its file.
    File,
    /// The list of its service: it has no file in the archive that could be read.
    Service,
}

impl NumbersSource {
    /// Its name in the record and in the catalogue.
    pub fn name(self) -> &'static str {
        match self {
            NumbersSource::File => "file",
            NumbersSource::Service => "service",
        }
    }

    /// The source with this name.
    pub fn from_name(name: &str) -> Option<NumbersSource> {
        [NumbersSource::File, NumbersSource::Service].into_iter().find(|source| source.name() == name)
    }
}

/// Numbers of an activity. Units are in the names; a number that is not known is `None`, never zero.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Numbers {
    /// The average heart rate, over the time with the timer running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avg_heart_rate_bpm: Option<f64>,
    /// The highest heart rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_heart_rate_bpm: Option<f64>,
    /// The average power, over the time with the timer running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avg_power_w: Option<f64>,
    /// Metres climbed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ascent_m: Option<f64>,
    /// Energy in kilocalories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calories_kcal: Option<f64>,
    /// The average speed, over the time with the timer running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avg_speed_mps: Option<f64>,
    /// Whether the numbers come from the file of the activity or from its service; absent without numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numbers_from: Option<NumbersSource>,
}

impl Numbers {
    /// Whether no number is known.
    pub fn is_empty(&self) -> bool {
        self.values().iter().all(Option::is_none)
    }

    /// The numbers, in the order of the fields.
    pub fn values(&self) -> [Option<f64>; 6] {
        [
            self.avg_heart_rate_bpm,
            self.max_heart_rate_bpm,
            self.avg_power_w,
            self.ascent_m,
            self.calories_kcal,
            self.avg_speed_mps,
        ]
    }

    /// The same numbers, without those that no activity has, from `source`; without any number, no source.
    pub fn from_source(mut self, source: NumbersSource) -> Numbers {
        let is_possible = |value: &f64| value.is_finite() && *value > 0.0;
        for value in [
            &mut self.avg_heart_rate_bpm,
            &mut self.max_heart_rate_bpm,
            &mut self.avg_power_w,
            &mut self.calories_kcal,
            &mut self.avg_speed_mps,
        ] {
            *value = value.filter(is_possible);
        }
        // A flat course is known to have no ascent.
        self.ascent_m = self.ascent_m.filter(|metres| metres.is_finite() && *metres >= 0.0);
        self.numbers_from = (!self.is_empty()).then_some(source);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_no_activity_has_is_unknown() {
        let numbers = Numbers {
            avg_heart_rate_bpm: Some(0.0),
            avg_power_w: Some(f64::NAN),
            ascent_m: Some(0.0),
            avg_speed_mps: Some(f64::INFINITY),
            ..Numbers::default()
        };
        let file = numbers.from_source(NumbersSource::File);
        assert_eq!(file.values(), [None, None, None, Some(0.0), None, None]);
        assert_eq!(file.numbers_from, Some(NumbersSource::File));
        assert_eq!(Numbers::default().from_source(NumbersSource::Service), Numbers::default());
    }
}
