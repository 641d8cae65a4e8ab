//! An axis of hours: few ticks, at round numbers.

/// From zero to a round number above everything.
pub struct Scale {
    /// Seconds from one tick to the next.
    pub step_s: f64,
    /// So many steps.
    pub steps: u32,
}

/// The most steps.
const MOST_STEPS: u32 = 4;

impl Scale {
    /// The finest with no more than four steps.
    pub fn of(most_s: f64) -> Scale {
        let minutes = [15.0, 30.0].into_iter();
        let hours = (0..12).flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10f64.powi(power)));
        let mut all = minutes.map(|step| step * 60.0).chain(hours.map(|step| step * 3600.0));
        let step_s = all.find(|step| most_s <= step * f64::from(MOST_STEPS)).unwrap_or(most_s / f64::from(MOST_STEPS));
        let steps = (most_s / step_s).ceil().clamp(1.0, f64::from(MOST_STEPS));
        Scale { step_s, steps: steps as u32 }
    }

    /// The value at the top.
    pub fn top_s(&self) -> f64 {
        self.step_s * f64::from(self.steps)
    }

    /// Each tick in seconds, from zero up.
    pub fn ticks(&self) -> impl DoubleEndedIterator<Item = f64> {
        (0..=self.steps).map(|step| f64::from(step) * self.step_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_has_few_round_ticks_up_to_the_maximum() {
        for most in [0.0, 1.0, 899.0, 3600.0, 3601.0, 14_760.0, 28_000.0, 61_200.0, 604_800.0, 1e9, 7e12, 1e300] {
            let scale = Scale::of(most);
            assert!(scale.top_s() >= most && scale.step_s > 0.0, "{most}");
            assert!((1..=4).contains(&scale.steps), "{most}");
            // The bars use at least two fifths of the height, except for very small values.
            assert!(most < 400.0 || most / scale.top_s() > 0.4, "{most} of {}", scale.top_s());
        }
        let ticks = |most| Scale::of(most).ticks().map(|tick| tick / 3600.0).collect::<Vec<_>>();
        assert_eq!(ticks(4.1 * 3600.0), [0.0, 2.0, 4.0, 6.0]);
        assert_eq!(ticks(1700.0), [0.0, 0.25, 0.5]);
        assert_eq!(ticks(168.0 * 3600.0), [0.0, 50.0, 100.0, 150.0, 200.0]);
    }
}
