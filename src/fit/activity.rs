//! The activity that a FIT file describes; it is on no platform yet. Pure.

use jiff::Timestamp;

use super::{Fit, SessionMessage, manufacturer_name, product_name};
use crate::activity::Activity;
use crate::sport;

impl Fit {
    /// The activity. Platform, id, name and device are left empty.
    pub fn activity(&self) -> Activity {
        let sport = self.sport();
        let name = sport.and_then(sport::sport_name);
        Activity {
            sport: name.map(str::to_owned),
            sub_sport: self.sub_sport().and_then(sport::sub_sport_name).map(str::to_owned),
            platform_sport: sport.filter(|_| name.is_none()).map(|number| number.to_string()),
            start_time: self.start_time().and_then(|second| Timestamp::from_second(second).ok()),
            utc_offset_s: self.activity.as_ref().and_then(|activity| activity.utc_offset_s),
            timer_time_s: sum(self, |session| session.total_timer_time_s),
            elapsed_time_s: sum(self, |session| session.total_elapsed_time_s),
            distance_m: sum(self, |session| session.total_distance_m),
            manufacturer: self.file_id.manufacturer.map(maker),
            ..Activity::default()
        }
    }

    /// The name of the product that recorded it: `Forerunner 965`, if the file or the FIT profile has one.
    pub fn product(&self) -> Option<String> {
        let id = &self.file_id;
        let of_profile = || id.manufacturer.zip(id.product).and_then(|(maker, number)| product_name(maker, number));
        id.product_name.clone().or_else(of_profile)
    }

    /// `garmin 3290 3300000001`, if the file says more than the manufacturer.
    pub fn device(&self) -> Option<String> {
        let id = &self.file_id;
        let product = id.product_name.clone().or_else(|| id.product.map(|number| number.to_string()));
        let serial = id.serial_number.map(|number| number.to_string());
        if product.is_none() && serial.is_none() {
            return None;
        }
        Some([id.manufacturer.map(maker), product, serial].into_iter().flatten().collect::<Vec<_>>().join(" "))
    }
}

/// The sum over all sessions; `None` if no session has the value, as zero would be a claim.
fn sum(fit: &Fit, of: fn(&SessionMessage) -> Option<f64>) -> Option<f64> {
    let total: f64 = fit.sessions.iter().filter_map(of).sum();
    (total > 0.0).then_some(total)
}

fn maker(number: u16) -> String {
    manufacturer_name(number).map_or_else(|| number.to_string(), str::to_owned)
}
