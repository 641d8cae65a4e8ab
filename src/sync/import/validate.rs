//! Describes a file, and checks whether it can belong to its activity. Pure functions.

use jiff::Timestamp;

use crate::activity::{Activity, Format};
use crate::archive::CheckedFile;
use crate::fit::FileKind;
use crate::importers::{KnownActivity, start_of};

/// The activity, by the properties that its tool and its file have; or why the file cannot belong to it. `known`: the
/// activity in the catalogue.
pub fn validate(by_tool: &KnownActivity, known: Option<&Activity>, pieces: &[CheckedFile]) -> Result<Activity, String> {
    let is_other = |piece: &CheckedFile| piece.fit.as_ref().is_some_and(|fit| fit.kind() == FileKind::Other);
    if !pieces.is_empty() && pieces.iter().all(is_other) {
        return Err("the FIT file contains no activity".into());
    }
    let file = pieces.iter().find(|piece| !is_other(piece)).map(activity).unwrap_or_default();
    let listed = known.and_then(|activity| activity.start_time);
    let by_list =
        KnownActivity { activity: Activity { start_time: listed, ..Activity::default() }, ..KnownActivity::default() };
    for says in [by_tool, &by_list] {
        if let Some(start) = file.start_time.filter(|start| !says.can_begin(*start)) {
            let other = says.activity.start_time.map(|time| time.to_string());
            let other = other.or_else(|| says.local_start.map(|time| time.to_string())).unwrap_or_default();
            return Err(format!(
                "the file starts at {start}, but activity {} at {other}: it belongs to another activity",
                by_tool.activity.id
            ));
        }
    }
    Ok(combined(by_tool, file))
}

/// The activity that a file describes.
fn activity(piece: &CheckedFile) -> Activity {
    match (&piece.fit, piece.format) {
        (Some(fit), Format::Fit) => fit.activity(),
        _ => Activity { start_time: start_of(&piece.bytes), ..Activity::default() },
    }
}

/// Combines both: names and sports by the tool, times and lengths by the file.
fn combined(by_tool: &KnownActivity, file: Activity) -> Activity {
    let own = &by_tool.activity;
    let start_time = own.start_time.or(file.start_time);
    let (sport, sub_sport) = match &own.sport {
        Some(_) => (own.sport.clone(), own.sub_sport.clone()),
        None => (file.sport, file.sub_sport),
    };
    Activity {
        platform: own.platform.clone(),
        id: own.id.clone(),
        name: own.name.clone(),
        sport,
        sub_sport,
        platform_sport: own.platform_sport.clone(),
        start_time,
        utc_offset_s: own.utc_offset_s.or_else(|| offset(by_tool, start_time)).or(file.utc_offset_s),
        timer_time_s: file.timer_time_s.or(own.timer_time_s),
        elapsed_time_s: file.elapsed_time_s.or(own.elapsed_time_s),
        distance_m: file.distance_m.or(own.distance_m),
        manufacturer: own.manufacturer.clone().or(file.manufacturer),
        device: own.device.clone(),
        manual: false,
    }
}

fn offset(by_tool: &KnownActivity, start: Option<Timestamp>) -> Option<i32> {
    by_tool.offset(start?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::{FileId, Fit, SessionMessage};

    const START: i64 = 1_767_881_421;

    fn recorded(file_type: u8) -> CheckedFile {
        let session = SessionMessage {
            sport: Some(1),
            start_time: Some(START),
            total_timer_time_s: Some(1800.0),
            total_distance_m: Some(5000.0),
            ..SessionMessage::default()
        };
        let file_id = FileId { file_type: Some(file_type), manufacturer: Some(1), ..FileId::default() };
        let fit = Fit { file_id, sessions: vec![session], ..Fit::default() };
        CheckedFile { format: Format::Fit, bytes: Vec::new(), fit: Some(fit) }
    }

    fn by_tool(activity: Activity) -> KnownActivity {
        KnownActivity {
            activity: Activity { platform: "garmin-com".into(), id: "7".into(), ..activity },
            ..KnownActivity::default()
        }
    }

    #[test]
    fn the_name_comes_from_the_tool_and_the_values_from_the_file() {
        let tool = Activity {
            name: Some("Run".into()),
            platform_sport: Some("odd".into()),
            timer_time_s: Some(1.0),
            ..Activity::default()
        };
        let local_start = "2026-01-08T09:10:21".parse().ok();
        let by_tool = KnownActivity { local_start, is_of_the_place: true, ..by_tool(tool) };
        let activity = validate(&by_tool, None, &[recorded(4)]).unwrap();
        let expected = Activity {
            platform: "garmin-com".into(),
            id: "7".into(),
            name: Some("Run".into()),
            sport: Some("running".into()),
            platform_sport: Some("odd".into()),
            start_time: Timestamp::from_second(START).ok(),
            utc_offset_s: Some(-5 * 3600),
            timer_time_s: Some(1800.0),
            distance_m: Some(5000.0),
            manufacturer: Some("garmin".into()),
            ..Activity::default()
        };
        assert_eq!(activity, expected);
    }

    #[test]
    fn a_file_without_an_activity_or_of_another_day_is_not_imported() {
        let nothing = || by_tool(Activity::default());
        assert_eq!(validate(&nothing(), None, &[recorded(9)]).unwrap_err(), "the FIT file contains no activity");
        let local_start = "2026-01-18T09:10:21".parse().ok();
        let other_day = KnownActivity { local_start, ..nothing() };
        let why = validate(&other_day, None, &[recorded(4)]).unwrap_err();
        assert_eq!(
            why,
            "the file starts at 2026-01-08T14:10:21Z, but activity 7 at 2026-01-18T09:10:21: it belongs to another activity"
        );
        let listed = Activity { start_time: Timestamp::from_second(START - 3 * 86_400).ok(), ..Activity::default() };
        assert!(
            validate(&nothing(), Some(&listed), &[recorded(4)]).unwrap_err().contains("but activity 7 at 2026-01-05")
        );
        let near = Activity { start_time: Timestamp::from_second(START + 8 * 3600).ok(), ..Activity::default() };
        assert!(validate(&nothing(), Some(&near), &[recorded(4)]).is_ok());
    }
}
