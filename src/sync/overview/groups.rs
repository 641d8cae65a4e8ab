//! All groups, each with the platforms that have it, that had it, and where it is missing.

use jiff::Timestamp;

use super::chart_data::{Charted, Charts};
use super::compared::{Compared, GroupState, known_measure};
use super::missing::GroupRank;
use super::newest::Newest;
use crate::activity::{Activity, ActivityKey, Origin};
use crate::catalogue::{ActivityRow, FileRow, UploadOutcome};
use crate::fit;
use crate::status::{ActivityGroup, File, Place, Redacted};

/// A number with this many digits in the name of a device is a serial number; model numbers are shorter.
const SERIAL_DIGITS: usize = 7;

/// The groups: the newest ones, and the numbers of all.
pub(super) struct GroupSums {
    /// The groups.
    pub all: Newest<GroupRank, ActivityGroup>,
    /// How many of them are in the archive.
    pub archived: u64,
    /// The numbers for the charts.
    pub charts: Charts,
}

impl Compared<'_> {
    /// Adds every group that is on a platform or in the archive.
    pub fn add_groups(&self, sums: &mut GroupSums, now: Timestamp) {
        for one in &self.all {
            let on: Vec<bool> = self.listable().map(|platform| one.missing[platform].is_none()).collect();
            let is_archived = self.best_file(one).is_some();
            // A group that is neither on a platform nor in the archive is shown only in the list of deletions.
            if !is_archived && !on.contains(&true) {
                continue;
            }
            sums.archived += u64::from(is_archived);
            let others = || self.others(one);
            sums.charts.add(
                &Charted {
                    sport: self.sport(one),
                    start: self.entry(one.best).activity.start_time,
                    utc_offset_s: others().find_map(|activity| activity.utc_offset_s),
                    timer_time_s: others().find_map(|activity| known_measure(activity.timer_time_s)),
                    distance_m: others().find_map(|activity| known_measure(activity.distance_m)),
                    is_archived,
                    on: &on,
                },
                now,
            );
            sums.all.add(self.group_rank(one), || self.group(one));
        }
    }

    /// The best activity of a group, then all: fields that the best one does not have are taken from another one.
    fn others<'s>(&'s self, one: &'s GroupState) -> impl Iterator<Item = &'s Activity> {
        [one.best].into_iter().chain(one.members.iter().copied()).map(|at| &self.entry(at).activity)
    }

    /// The FIT sport of a group, else the platform's own type.
    fn sport<'s>(&'s self, one: &'s GroupState) -> &'s str {
        let best = &self.entry(one.best).activity;
        let known = self.others(one).find_map(|activity| activity.sport.as_deref());
        known.or(best.platform_sport.as_deref()).unwrap_or("")
    }

    fn group(&self, one: &GroupState) -> ActivityGroup {
        let best = &self.entry(one.best).activity;
        let others = || self.others(one);
        let of_sport = others().find(|activity| activity.sport.is_some()).unwrap_or(best);
        let sub_sport = of_sport.sub_sport.as_deref().filter(|sub| *sub != "generic");
        ActivityGroup {
            name: Redacted::of(others().find_map(|activity| activity.name.as_deref()).unwrap_or("")),
            sport: Redacted::of(self.sport(one)),
            sub_sport: sub_sport.map(Redacted::of),
            start_time: best.start_time,
            utc_offset_s: others().find_map(|activity| activity.utc_offset_s),
            timer_time_s: others().find_map(|activity| known_measure(activity.timer_time_s)),
            distance_m: others().find_map(|activity| known_measure(activity.distance_m)),
            device: self.device(one),
            on: self.on(one),
            gone_from: self.places(one, |entry| entry.missing.is_some()),
            unlisted: self.places(one, |entry| entry.missing.is_none() && !entry.is_listed()),
            missing_on: self.missing_on(one),
            file: self.file(one),
        }
    }

    /// The recording device by the name of the product, else of the manufacturer; never a serial number.
    fn device(&self, one: &GroupState) -> Option<Redacted> {
        let known = &self.read.histories.part.entries;
        let identities = one.members.iter().filter_map(|&at| known[at].1.as_ref()?.identity.as_ref());
        let product = || identities.clone().find_map(|id| fit::product_name(id.manufacturer, id.product));
        let activities = || one.members.iter().map(|&at| &self.entry(at).activity);
        let name = product()
            .or_else(|| activities().find_map(named_device))
            .or_else(|| activities().find_map(|activity| activity.manufacturer.clone()));
        name.as_deref().map(Redacted::of)
    }

    fn places(&self, one: &GroupState, wanted: impl Fn(&ActivityRow) -> bool) -> Vec<Place> {
        one.members.iter().filter(|&&at| wanted(self.entry(at))).map(|&at| self.place(at)).collect()
    }

    /// The platforms that have the group. If only the journal knows the activity, its id is the one that the service
    /// returned, if any.
    fn on(&self, one: &GroupState) -> Vec<Place> {
        let present: Vec<usize> = one.members.iter().copied().filter(|&at| self.is_present(at)).collect();
        let of_platform = |platform: usize| -> Vec<Place> {
            let entries: Vec<Place> =
                present.iter().filter(|&&at| self.platform_of[at] == platform).map(|&at| self.place(at)).collect();
            match one.missing[platform] {
                None if entries.is_empty() => {
                    let id = self.id_of_upload(one, platform).unwrap_or("");
                    vec![Place { platform: self.names[platform].clone(), id: Redacted::of(id) }]
                }
                _ => entries,
            }
        };
        self.listable().flat_map(of_platform).collect()
    }

    fn id_of_upload(&self, one: &GroupState, platform: usize) -> Option<&str> {
        let is_of_it = |from: &ActivityKey| {
            let mut members = one.members.iter().map(|&at| &self.entry(at).activity);
            members.any(|activity| activity.as_key() == from.as_key())
        };
        let has_arrived = |outcome| matches!(outcome, Some(UploadOutcome::Created | UploadOutcome::Exists));
        let mut journal = self.read.histories.platforms[platform].journal.iter().rev();
        journal.find(|row| has_arrived(row.outcome) && is_of_it(&row.from))?.to_id.as_deref()
    }

    fn place(&self, at: usize) -> Place {
        let platform = self.names[self.platform_of[at]].clone();
        Place { platform, id: Redacted::of(&self.entry(at).activity.id) }
    }

    fn missing_on(&self, one: &GroupState) -> Vec<(String, crate::status::MissingReason)> {
        let missing =
            (0..self.names.len()).filter_map(|at| Some((at, self.missing_detail_on(&one.missing, at)?.1.reason)));
        missing.map(|(at, reason)| (self.names[at].clone(), reason)).collect()
    }

    /// The file in the archive: an original, if there is one.
    fn best_file(&self, one: &GroupState) -> Option<&FileRow> {
        let files = || one.members.iter().filter_map(|&at| self.entry(at).file.as_ref()).filter(|file| !file.corrupt);
        files().find(|file| file.origin == Origin::Original).or_else(|| files().next())
    }

    fn file(&self, one: &GroupState) -> Option<File> {
        let file = self.best_file(one)?;
        Some(File {
            path: Redacted::of(&file.path),
            format: Redacted::of(file.format.name()),
            converted: file.origin == Origin::Converted,
            bytes: file.bytes,
        })
    }
}

/// The device in a list, without serial numbers; `None` if only a number remains.
fn named_device(activity: &Activity) -> Option<String> {
    let is_serial = |word: &&str| word.len() >= SERIAL_DIGITS && word.bytes().all(|byte| byte.is_ascii_digit());
    let words: Vec<&str> = activity.device.as_deref()?.split_whitespace().filter(|word| !is_serial(word)).collect();
    Some(words.join(" ")).filter(|name| name.chars().any(char::is_alphabetic))
}
