//! The reasons in English.

use super::{Reason, certainty_text};
use crate::i18n::{self, Lang};

/// `day`, `days`: a length of time in its largest unit.
fn span(seconds: u64) -> String {
    match seconds {
        0..7200 => i18n::counted(seconds / 60, "minute", "minutes"),
        7200..172_800 => i18n::counted(seconds / 3600, "hour", "hours"),
        _ => i18n::counted(seconds / 86_400, "day", "days"),
    }
}

/// How to use another account on purpose.
fn other_account(platform: &str) -> String {
    format!(
        "for another account use another data folder (--data-dir or DATA_DIR), or remove this account and all its records from this one: gs-auth logout --forget-account --platform {platform}"
    )
}

fn similar(id: &str, certainty: &str) -> String {
    let of = if id.is_empty() { String::new() } else { format!(" of {id}") };
    let certainty = certainty_text(certainty, Lang::En);
    format!("possible duplicate{of} ({certainty}); upload anyway: gs-diff --possible-duplicates")
}

/// The text of a reason.
pub(super) fn text(reason: &Reason) -> String {
    let nested = |reason: &Reason| reason.text(Lang::En);
    let text = match reason {
        Reason::NotOnPlatform { platform } => return format!("not on {platform}"),
        Reason::UploadPending => "upload pending",
        Reason::DeletedOnTarget { since } => {
            return format!("deleted on the target (missing since {since}); upload again: gs-diff --restore-deleted");
        }
        Reason::MissingOnce { since } => {
            return format!("not in the last listing (since {since}); the next listing decides whether it was deleted");
        }
        Reason::NoWriteAccess { platform } => {
            return format!(
                "read-only: the access that is set up cannot upload; to upload too: gs-auth login --platform {platform}"
            );
        }
        Reason::StartNotCovered => "no listing of the target covers its start yet",
        Reason::ListingUnusable { platform, reason } => return format!("{platform}: {}", nested(reason)),
        Reason::PossibleDuplicate { id, certainty } => return similar(id, certainty),
        Reason::NoUploadsPlanned { reason } => return format!("no uploads planned: {}; run gs-fetch", nested(reason)),
        Reason::RejectedBefore => "rejected before; upload again: gs-diff --retry-rejected",
        Reason::ActivityNeverListed => "its own platform has not listed it yet",
        Reason::NotSelected => "not among the selected activities",
        Reason::Restored => "restored after a deletion",

        Reason::UploadedFrom { platform, reason } => return format!("uploaded from {platform}: {}", nested(reason)),
        Reason::NativeDevice { manufacturer } => return format!("recorded by a {manufacturer} device"),
        Reason::NativeFile { manufacturer } => return format!("file of a {manufacturer} device"),
        Reason::FromStrava => {
            "intervals.icu has an activity from Strava that starts at the same time; not uploaded, to avoid a duplicate; checked again in a week"
        }
        Reason::NoFileGiven => {
            "the service gave no file: the activity has none, or another program has used up the quota of files; tried again in later runs"
        }
        Reason::SameFileUploaded => "the same file was uploaded for another activity",
        Reason::OtherConverted => "the file of the other one is a converted copy",
        Reason::OnlyArchived => "only this one has its file in the archive",
        Reason::MoreData { bytes, other_bytes } => {
            return format!("more data: {bytes} bytes, the other has {other_bytes}");
        }
        Reason::EquallyGood { platform } => return format!("equal to the one on {platform}"),
        Reason::LowerId => "uploaded first (lower id)",
        Reason::Kept { reason } => return format!("kept: {}", nested(reason)),

        Reason::FileNotArchived => "file not in the archive; run gs-download",
        Reason::SeveralFiles => "not uploaded: the activity has several files",
        Reason::FileChanged => "file changed since the plan was made; run gs-diff again",
        Reason::FileDamaged => {
            "file in the archive is corrupt or missing; run gs-list --downloaded | gs-download --verify"
        }
        Reason::ConvertedOnly => "only a converted file, no original",
        Reason::EnteredByHand => "entered by hand: no file",
        Reason::NoFile => "the service has no file",
        Reason::FileUnavailable => "file unavailable: the service does not provide it; requested once a week",
        Reason::FormatNotAccepted { format } => return format!("{} files are not uploaded", format.to_uppercase()),
        Reason::SportNotAccepted { sport, platform } => {
            return format!("{platform} does not accept {sport}; upload anyway: gs-diff --retry-rejected");
        }

        Reason::NoStartTime => "no start time: cannot check for duplicates",
        Reason::StartInFuture { start } => {
            return format!("starts in the future ({start}); check the date of the device and of this machine");
        }
        Reason::StartsDiffer { listed, recorded } => {
            return format!("listed start {listed}, but recorded start {recorded}: cannot check for duplicates");
        }
        Reason::StillThere => "still on its platform",
        Reason::RestoredBefore => "already restored",
        Reason::UploadLimit => "upload limit of this run reached",
        Reason::DryRun => "dry run",
        Reason::UploadedNotListed => "uploaded, not yet listed",
        Reason::DeliveredBefore => "delivered before",
        Reason::DeliveryPending => "pending: written to the outbox, but not published yet; published next run",
        Reason::ServiceHasIt => "the service already has it",
        Reason::Processing => "accepted, still processing",
        Reason::AcceptedNotListed => "pending: not listed yet; checked again next run",
        Reason::ResponseLost { retry_at } => {
            return format!(
                "pending: no response to the upload, and not listed yet; uploaded again after {retry_at} if it stays missing"
            );
        }
        Reason::UploadNotReceived => "the service did not receive the upload",
        Reason::FileNeverReceived => {
            "the service did not receive several uploads of this file, although it received other files"
        }
        Reason::UploadLost { seconds, retry } => {
            return format!("accepted, but not listed for {}; upload again: {retry}", span(*seconds));
        }
        Reason::AccountForgotten => "the account of the file was removed from this data folder",

        Reason::DeletionNotSupported => "this platform does not support deletion",
        Reason::DeletionPending => "deletion pending; checked next run",
        Reason::NotAnotherActivity => "the activity to keep must be a different activity on the same platform",
        Reason::RestoredByHand => "restored after a deletion, so it is not deleted again",
        Reason::UploadedInThisRun => "uploaded in this run; checked next run",
        Reason::TwoDevices => "recorded by two devices: neither is a duplicate",
        Reason::Trimmed => "one is a part of the other: neither is a duplicate",
        Reason::MatchNotSure => "not certain that both are the same recording",
        Reason::NotArchived => "file not intact in the archive; run gs-download",
        Reason::OriginalNotArchived => "no original FIT file in the archive to restore it from",
        Reason::KeptNotArchived => "file of the activity to keep not intact in the archive; run gs-download",
        Reason::BetterThanKept => "better than the activity to keep",
        Reason::KeptNotListed => "the platform does not list the activity to keep",
        Reason::DeletionLimit { limit } => {
            return format!(
                "limit of {} reached; raise --max-delete or run again",
                i18n::counted(*limit, "deletion", "deletions")
            );
        }
        Reason::NotConfirmed => "--yes was not given",
        Reason::UnknownActivity => "not in the catalogue; run gs-fetch",
        Reason::UnknownKept => "the activity to keep is not in the catalogue; run gs-fetch",
        Reason::AlreadyDeleted => "already deleted",
        Reason::NoLongerListed => "no longer listed by its platform",
        Reason::StillListed => "still listed although the service confirmed the deletion; tried again next run",
        Reason::NotDeletedBefore => "not deleted by an earlier run",
        Reason::DeletionUnconfirmed { reason } => {
            return format!("deletion not confirmed: {}; checked next run", nested(reason));
        }
        Reason::Duplicate { evidence } => return super::texts(evidence, Lang::En),

        Reason::SameFile => "same file",
        Reason::SameRecording => "same recording (FIT file_id)",
        Reason::SameStreams { streams, minutes } => {
            let streams: Vec<&str> = streams.iter().map(|stream| stream_name(stream)).collect();
            return format!("same {} second by second for {minutes:.0} min", listed(&streams));
        }
        Reason::PartOfRecording { minutes: [part, whole] } => {
            return format!("one is a part of the other ({part:.0} of {whole:.0} min)");
        }
        Reason::StreamsDiffer => "not the same second by second",
        Reason::HeartRatesDiffer { bpm } => return format!("different heart rates ({bpm:.0} bpm apart on average)"),
        Reason::SpeedsDiffer { percent } => return format!("different speeds ({percent:.0} % apart on average)"),
        Reason::PositionsDiffer { percent } => {
            return format!("different positions (more than 50 m apart for {percent:.0} % of the time)");
        }
        Reason::StartApart { seconds } => {
            return match seconds.round() {
                0.0 => "same start".to_owned(),
                seconds => format!("starts {seconds} s apart"),
            };
        }
        Reason::StartShifted { minutes } => return format!("starts {}:{:02} h apart", minutes / 60, minutes % 60),
        Reason::StartUnknown => "start unknown",
        Reason::NoOverlap => "no overlap in time",
        Reason::PartialOverlap => "overlap in time",
        Reason::SameSport { sport } => return format!("both {sport}"),
        Reason::SportsDiffer { sports: [one, other] } => return format!("different sports ({one} and {other})"),
        Reason::TimerTime { percent } => return difference("timer time", *percent),
        Reason::TimerTimesDiffer { seconds: [one, other] } => {
            return format!("different timer times ({one:.0} s and {other:.0} s)");
        }
        Reason::Distance { percent } => return difference("distance", *percent),
        Reason::DistancesDiffer { metres: [one, other] } => {
            return format!("different distances ({one:.0} m and {other:.0} m)");
        }
        Reason::SameDevice => "same device",
        Reason::DifferentDevices => "different devices",
        Reason::DevicesUnknown => "devices not comparable",
        Reason::MatchedBefore { days_apart } => return format!("matched before, now {days_apart} days apart"),
        Reason::DateMayBeCorrected => "a date may have been corrected on one platform",

        Reason::EntriesUnreadable { count } => {
            return format!("listing ignored: {} could not be read", i18n::counted(*count, "activity", "activities"));
        }
        Reason::ListingUnordered => {
            "listing ignored: its activities are not in order, so some may be missing; try again later"
        }
        Reason::ListingUnstable { requests } => {
            return format!("listing ignored: {requests} requests gave {requests} different lists; try again later");
        }
        Reason::SecondListingUnusable => {
            "listing ignored: a second request gave unreadable or unordered activities; try again later"
        }
        Reason::ListingEmpty { count } => {
            return format!(
                "listing ignored: it is empty, but the service counts {}; try again later",
                i18n::counted(*count, "activity", "activities")
            );
        }
        Reason::ListingImplausible { missing, known, has_account } => {
            let cause = match has_account {
                true => "is this another account (gs-auth status)?",
                false => "is a different drive mounted there?",
            };
            return format!(
                "listing ignored: {missing} of {known} known activities are missing; {cause} If you deleted them: gs-fetch --full --accept-missing; the same listing an hour later is accepted"
            );
        }
        Reason::ListingIncomplete => "the last listing is incomplete",
        Reason::PlatformNeverListed => "never listed",
        Reason::BeingListed => "being listed now",

        Reason::Corrupt { detail } => return format!("{detail}; not saved, tried again next run"),
        Reason::ServiceDown { reason } => return format!("{}; several requests in a row failed", nested(reason)),
        Reason::DownloadsDown { detail } => {
            return format!(
                "the service no longer provides files that it provided earlier ({detail}); try again later"
            );
        }
        Reason::RequestedWeekly { runs, reason, kept } => {
            let kept = kept.as_ref().map(|path| format!("; kept as received: {path}")).unwrap_or_default();
            return format!(
                "{}; rejected in {runs} runs: requested weekly from now on, at once with gs-download --force{kept}",
                nested(reason)
            );
        }
        Reason::DownloadBusy => "another gs-download works on this platform; try again later",
        Reason::UploadBusy => "another command writes to this platform; try again later",

        Reason::OutcomeUnknown { detail } => return format!("{detail}; checked next run"),
        Reason::UnexpectedResponse { detail } => {
            return format!("{detail}; try again later, and report it if it persists");
        }
        Reason::LoginRequired { detail }
        | Reason::Retry { detail }
        | Reason::NotFound { detail }
        | Reason::Rejected { detail }
        | Reason::Storage { detail }
        | Reason::Configuration { detail }
        | Reason::InvalidInput { detail }
        | Reason::Other { detail } => return detail.clone(),
        Reason::PrecheckOutdated => {
            "not sent: the precheck was outdated, because the connection is slow; try again later, or set a larger GS_REQUEST_INTERVAL (a precheck is valid for five times that, at least 15 seconds)"
        }
        Reason::OtherAccountInSettings { platform, setting, address, owner } => {
            return format!(
                "{setting} is {address}, but this data folder belongs to {owner}; nothing was listed or written. Correct {setting}. If the account has a new address, log in with it: gs-auth login --platform {platform}. Otherwise, {}",
                other_account(platform)
            );
        }
        Reason::OtherAccount { platform, login, owner } => {
            let owner = owner.as_deref().unwrap_or("another account, as its activities show");
            return format!(
                "this login belongs to {login}, but this data folder belongs to {owner}; nothing was listed or written; {}",
                other_account(platform)
            );
        }
        Reason::ListOfAnotherAccount { platform, listed, user } => {
            return format!(
                "listing ignored: it belongs to another account (user {listed}) than the token (user {user}); try again later; if it fails again, log in: gs-auth login --platform {platform}, or give the API key again: gs-auth key --platform {platform}"
            );
        }
        Reason::AccountUnknown => {
            "the service does not say whose account this is; nothing was listed or written; try again later"
        }

        Reason::LoginInterrupted => "the last login was interrupted",

        Reason::NoPlatform { has_settings } => {
            let file = if *has_settings { "" } else { " and no settings file found" };
            return format!("no platform configured{file}; run garminsync setup");
        }
        Reason::UnknownPlatform { name, known } => return format!("unknown platform {name:?}; known: {known}"),
        Reason::CorruptFile { detail } => return format!("corrupt file: {detail}"),
        Reason::FileMissing { path } => return format!("{path}: the file does not exist"),
        Reason::FileNotReplaced { path } => {
            return format!(
                "{path}: not written by gs-export, or changed since; move it, choose another --out or --name, or replace it with --overwrite"
            );
        }
        Reason::NotFit { format } => {
            return format!("its file is {}, and only FIT files are exported", format.to_uppercase());
        }
        Reason::NoPositions { format } => return format!("no positions, which {format} needs"),
        Reason::NoTrackpoints => "no trackpoints",
        Reason::InPrivacyZone => "the whole track is in a privacy zone",

        Reason::DiskFull { path } => return format!("{path}: the disk is full; make room and run again"),
        Reason::FileSizeLimit { path } => {
            return format!(
                "{path}: the limit for the size of a file is reached (ulimit -f, or the file system's); raise it and run again"
            );
        }
        Reason::ReadOnly { path, detail } => {
            return format!(
                "{path}: read-only ({detail}); make the file and its folder writable, or choose another folder"
            );
        }
        Reason::NoLocks { path } => {
            return format!(
                "{path}: file locks do not work on this file system (some network disks have none); set DATA_DIR to a local disk"
            );
        }
        Reason::AtLine { line, reason } => return format!("at line {line}: {}", nested(reason)),
        Reason::Stopped => "stopped after the current item; run again to continue",
    };
    text.to_owned()
}

/// How far two numbers that agree are apart.
fn difference(what: &str, percent: f64) -> String {
    if percent < 0.05 { format!("same {what}") } else { format!("{what} {percent:.1} % apart") }
}

/// A word for a FIT field.
fn stream_name(field: &str) -> &str {
    match field {
        "position" => "positions",
        "speed" => "speeds",
        "heart_rate" => "heart rates",
        other => other,
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed(words: &[&str]) -> String {
    match words {
        [first @ .., before, last] if !first.is_empty() => format!("{}, {before} and {last}", first.join(", ")),
        _ => words.join(" and "),
    }
}
