//! The section with missing activities and their reasons, duplicates, deletions and rejected uploads.

use maud::{Markup, html};

use super::components::{self, Icon, activity, command, folded, path, time, word};
use super::{
    Deletion, Duplicate, List, MissingItem, MissingReason, NoFile, RedactedReason, Rejection, SimilarPair, Snapshot,
};
use crate::i18n::{Lang, number};
use crate::reason::certainty_text;

/// All differences between platforms and all problems. An empty part is one line.
pub fn differences(snapshot: &Snapshot, lang: Lang) -> Markup {
    let duplicates = items(snapshot, &snapshot.duplicates, List::Duplicates);
    let zones = items(snapshot, &snapshot.time_zone_faults, List::TimeZoneFaults);
    let deletions = items(snapshot, &snapshot.deletions, List::Deletions);
    let rejected = items(snapshot, &snapshot.rejected, List::Rejected);
    html! {
        section #differences {
            h2 { (lang.pick("Differences", "差异")) }
            (missing(snapshot, lang))
            (not_archived(snapshot, lang))
            (part("duplicates", lang.pick("Duplicates", "重复"),
                duplicate_counts(snapshot, duplicates.1, lang), duplicates, lang, |one| duplicate(one, lang)))
            (part("zones", lang.pick("Suspected time zone errors", "疑似时区错误"),
                count(zones.1, lang.pick("pairs of activities that differ by whole quarter hours", "对仅相差整刻钟的活动")),
                zones, lang, |pair| similar_pair(pair, lang)))
            (part("deletions", lang.pick("Deletions", "删除"),
                count(deletions.1, lang.pick("activities that were deleted, or may be", "个活动已删除或可能已删除")),
                deletions, lang, |deletion| self::deletion(deletion, lang)))
            (part("rejected", lang.pick("Rejected uploads", "被拒绝的上传"),
                count(rejected.1, lang.pick("uploads rejected, or accepted and never listed", "次上传被拒绝或未出现")),
                rejected, lang, |rejection| self::rejection(rejection, lang)))
        }
    }
}

fn count(count: u64, what: &str) -> Markup {
    html! { b { (number(count)) } " " (what) }
}

/// The items of a list, how many there are with those that are left out, and the list.
type Items<'a, T> = (&'a [T], u64, List);

fn items<'a, T>(snapshot: &Snapshot, items: &'a [T], list: List) -> Items<'a, T> {
    (items, items.len() as u64 + snapshot.count_left_out(list), list)
}

/// A heading and below it a list, folded behind its summary, or a line that says that there are no entries.
fn part<T>(id: &str, title: &str, summary: Markup, items: Items<T>, lang: Lang, each: impl Fn(&T) -> Markup) -> Markup {
    html! {
        div.part id=(id) {
            h3 { (title) }
            @if items.1 == 0 { (nothing(lang)) } @else { (folded(summary, items, items.1 <= 5, lang, each)) }
        }
    }
}

fn nothing(lang: Lang) -> Markup {
    html! { p.fine { (Icon::Ok) " " (lang.pick("none", "无")) } }
}

fn missing(snapshot: &Snapshot, lang: Lang) -> Markup {
    html! {
        div.part #missing {
            h3 { (lang.pick("Missing on a platform", "平台上缺失的活动")) }
            @if snapshot.missing.is_empty() { (nothing(lang)) }
            @for missing in &snapshot.missing {
                (folded(html! { span.place { (missing.on) } " " b { (number(missing.count)) } " " (missing.reason.words(lang)) },
                    (&missing.items, missing.count, List::Missing), missing.count <= 5, lang, |item| missing_item(item, lang)))
                @if missing.reason == MissingReason::NoWriteAccess {
                    p.fix { span.note { (lang.pick("To upload, too: ", "如需上传：")) } (command(&crate::shell::login(&missing.on))) }
                } @else if let Some(line) = fix(missing.reason, &missing.on) {
                    p.fix { span.note { (lang.pick("To upload it anyway: ", "仍要上传：")) } (command(&line)) }
                }
            }
        }
    }
}

/// The command that changes a decision, if there is one.
fn fix(reason: MissingReason, on: &str) -> Option<String> {
    let flag = match reason {
        MissingReason::Rejected => "--retry-rejected",
        MissingReason::PossibleDuplicate => "--possible-duplicates",
        MissingReason::Deleted => "--restore-deleted",
        _ => return None,
    };
    Some(format!("gs-list | gs-diff {} {flag} | gs-download | gs-upload > /dev/null", crate::shell::flag("--to", on)))
}

fn not_archived(snapshot: &Snapshot, lang: Lang) -> Markup {
    html! {
        div.part #not-archived {
            h3 { (lang.pick("Not in the archive", "未归档")) }
            @if snapshot.not_archived.is_empty() { (nothing(lang)) }
            @for group in &snapshot.not_archived {
                (folded(html! { span.place { (group.platform) } " " b { (number(group.count)) } " " (group.reason.words(lang)) },
                    (&group.items, group.count, List::NotArchived), group.count <= 5 && !matches!(group.reason, NoFile::NoOriginal | NoFile::Unavailable), lang, |item| missing_item(item, lang)))
            }
        }
    }
}

fn missing_item(item: &MissingItem, lang: Lang) -> Markup {
    html! {
        (activity(&item.activity, true, lang))
        @if let Some(since) = item.since { span.sub { (lang.pick("since ", "自 ")) (time(since)) } }
        @if !item.reasons.is_empty() { (reasons(&item.reasons, lang)) }
    }
}

fn reasons(reasons: &[RedactedReason], lang: Lang) -> Markup {
    html! { span.why { @for (at, reason) in reasons.iter().enumerate() { @if at > 0 { " · " } (components::reason(reason, lang)) } } }
}

/// How many duplicates there are, how many of them can be deleted, and how many possible ones. `all`: all of them together.
fn duplicate_counts(snapshot: &Snapshot, all: u64, lang: Lang) -> Markup {
    let counts = snapshot.counts;
    let noun = |count, one, many, zh| lang.pick(if count == 1 { one } else { many }, zh);
    let possible = all - counts.duplicates;
    let parts = [
        (counts.duplicates, noun(counts.duplicates, "duplicate", "duplicates", "个重复")),
        (counts.deletable, lang.pick("of these can be deleted", "个可删除")),
        (possible, noun(possible, "possible duplicate", "possible duplicates", "个可能重复")),
    ];
    let parts = parts.into_iter().filter(|(number, _)| *number > 0);
    html! { @for (at, (number, what)) in parts.enumerate() { @if at > 0 { (lang.comma()) } (count(number, what)) } }
}

fn duplicate(duplicate: &Duplicate, lang: Lang) -> Markup {
    html! {
        (activity(&duplicate.copy, true, lang))
        span.pair { (is_duplicate_of(duplicate.certain, lang)) (activity(&duplicate.kept, false, lang)) span.id { (word(&duplicate.kept.id)) } }
        span.sub {
            (certainty_text(duplicate.certainty, lang))
            (deletion_of(duplicate, lang))
        }
        (reasons(&duplicate.reasons, lang))
    }
}

/// What happens to a duplicate. A possible one is never deleted.
fn deletion_of(duplicate: &Duplicate, lang: Lang) -> Markup {
    match &duplicate.not_deletable_because {
        _ if !duplicate.certain => html! { (lang.pick(": never deleted; both are kept", "：从不删除；两者都保留")) },
        Some(reason) => html! { (lang.pick("; not deleted: ", "；不删除：")) (components::reason(reason, lang)) },
        None => {
            html! { (lang.pick("; kept: ", "；保留：")) b { (word(&duplicate.kept.id)) } " (" (components::reason(&duplicate.kept_because, lang)) ")" }
        }
    }
}

/// A possible duplicate may be another activity.
fn is_duplicate_of(is_certain: bool, lang: Lang) -> &'static str {
    match is_certain {
        true => lang.pick("is a duplicate of ", "与此项重复："),
        false => lang.pick("may be a duplicate of ", "可能与此项重复："),
    }
}

fn similar_pair(pair: &SimilarPair, lang: Lang) -> Markup {
    html! {
        (activity(&pair.one, true, lang))
        span.pair { (lang.pick("is similar to ", "近似于 ")) (activity(&pair.other, true, lang)) }
        (reasons(&pair.reasons, lang))
    }
}

fn deletion(deletion: &Deletion, lang: Lang) -> Markup {
    html! {
        (activity(&deletion.activity, true, lang))
        span.sub { (time(deletion.at)) " " (deletion.by.words(lang)) }
        @if let Some(kept) = &deletion.kept_id { span.sub { (lang.pick("kept: ", "保留：")) (word(kept)) } }
        @if let Some(reason) = &deletion.reason { span.why { (components::reason(reason, lang)) } }
        @if let Some(file) = &deletion.file { span.sub { (lang.pick("in the archive: ", "归档文件：")) code { (path(file)) } } }
        @if let Some(line) = &deletion.restore {
            p.fix { span.note { (lang.pick("To restore it: ", "恢复：")) } (command(line)) }
        }
    }
}

fn rejection(rejection: &Rejection, lang: Lang) -> Markup {
    html! {
        (activity(&rejection.activity, true, lang)) " → " span.place { (rejection.to) }
        span.sub {
            (time(rejection.at)) " "
            @if rejection.outcome == "lost" { (lang.pick("accepted, but never listed", "已接受但从未出现")) } @else { (lang.pick("rejected", "被拒绝")) }
        }
        @if let Some(reason) = &rejection.reason { span.why { (components::reason(reason, lang)) } }
        p.fix { span.note { (lang.pick("To upload it again: ", "重新上传：")) } (command(&rejection.retry)) }
    }
}
