//! The legs of multisport activities, which this API lists when it is asked to.

use crate::garmin::activity::{Activity, Child};
use crate::garmin::sports::{self, Sport};

/// A leg as an activity of its own.
pub fn of(parent: &Activity, child: &Child) -> Activity {
    let legs = &parent.recording.legs;
    let before: u32 = legs[..child.leg].iter().map(|leg| leg.seconds).sum();
    let leg = legs[child.leg].clone();
    let (key, id) = sports::leg_key(leg.sport);
    let mut own = parent.clone();
    own.id = child.id;
    own.name = Some(format!("{} - {key}", parent.first_name));
    own.sport = sports::by_key(key).unwrap_or(Sport { key, id, parent: 4, fit: leg.sport, ..parent.sport });
    key.clone_into(&mut own.type_key);
    own.distance = leg.metres;
    own.recording.start += i64::from(before);
    own.recording.legs = vec![leg];
    own.children.clear();
    own
}
