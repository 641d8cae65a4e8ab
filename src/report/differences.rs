//! The section with missing activities and their reasons, duplicates, deletions and rejected uploads.

use maud::{Markup, html};

use super::components::{self, Icon, activity, command, folded, path, time, word};
use super::{
    Deletion, Duplicate, MissingItem, MissingReason, NoFile, RedactedReason, Rejection, SimilarPair, Snapshot,
};
use crate::i18n::{Lang, number};
use crate::reason::certainty_text;

/// All differences between platforms and all problems. An empty part is one line.
pub fn differences(snapshot: &Snapshot, lang: Lang) -> Markup {
    html! {
        section #differences {
            h2 { (lang.pick("Differences", "差异")) }
            (missing(snapshot, lang))
            (not_archived(snapshot, lang))
            (part("duplicates", lang.pick("Duplicates", "重复"), snapshot.duplicates.len(),
                html! { (count(snapshot.duplicates.iter().filter(|duplicate| duplicate.deletable).count(), lang.pick("to delete", "可删除"))) (lang.comma())
                    (count(snapshot.duplicates.iter().filter(|duplicate| !duplicate.deletable).count(), lang.pick("only reported", "仅提示"))) },
                folded_list(&snapshot.duplicates, lang, |one| duplicate(one, lang)), lang))
            (part("zones", lang.pick("Suspected time zone errors", "疑似时区错误"), snapshot.time_zone_faults.len(),
                count(snapshot.time_zone_faults.len(), lang.pick("pairs of activities that differ by whole quarter hours", "对仅相差整刻钟的活动")),
                folded_list(&snapshot.time_zone_faults, lang, |pair| similar_pair(pair, lang)), lang))
            (part("deletions", lang.pick("Deletions", "删除"), snapshot.deletions.len(),
                count(snapshot.deletions.len(), lang.pick("activities that were deleted, or may be", "个活动已删除或可能已删除")),
                folded_list(&snapshot.deletions, lang, |deletion| self::deletion(deletion, lang)), lang))
            (part("rejected", lang.pick("Rejected uploads", "被拒绝的上传"), snapshot.rejected.len(),
                count(snapshot.rejected.len(), lang.pick("uploads rejected, or accepted and never listed", "次上传被拒绝或未出现")),
                folded_list(&snapshot.rejected, lang, |rejection| self::rejection(rejection, lang)), lang))
        }
    }
}

fn count(count: usize, what: &str) -> Markup {
    html! { b { (number(count as u64)) } " " (what) }
}

/// The list of a part, folded behind its summary.
fn folded_list<'a, T>(
    items: &'a [T],
    lang: Lang,
    each: impl Fn(&T) -> Markup + 'a,
) -> impl FnOnce(Markup) -> Markup + 'a {
    move |summary| folded(summary, items, items.len() <= 5, lang, each)
}

/// A heading and below it a folded list, or a line that says that there are no entries.
fn part(id: &str, title: &str, len: usize, summary: Markup, list: impl FnOnce(Markup) -> Markup, lang: Lang) -> Markup {
    html! {
        div.part id=(id) {
            h3 { (title) }
            @if len == 0 { (nothing(lang)) } @else { (list(summary)) }
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
                    &missing.items, missing.count <= 5, lang, |item| missing_item(item, lang)))
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
                    &group.items, group.count <= 5 && !matches!(group.reason, NoFile::NoOriginal | NoFile::Unavailable), lang, |item| missing_item(item, lang)))
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

fn duplicate(duplicate: &Duplicate, lang: Lang) -> Markup {
    html! {
        (activity(&duplicate.copy, true, lang))
        span.pair { (is_duplicate_of(duplicate.deletable, lang)) (activity(&duplicate.kept, false, lang)) span.id { (word(&duplicate.kept.id)) } }
        span.sub {
            (certainty_text(duplicate.certainty, lang))
            @if !duplicate.deletable { (lang.pick(": never deleted", "：从不删除")) }
            "; "
            @if duplicate.deletable { (lang.pick("kept: ", "保留：")) b { (word(&duplicate.kept.id)) } " (" (components::reason(&duplicate.kept_because, lang)) ")" }
            @else { (lang.pick("both are kept", "两者都保留")) }
        }
        (reasons(&duplicate.reasons, lang))
    }
}

/// What is only reported may be two activities.
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
