//! The labels of states, reasons and counts on the page, in both languages.

use super::components::Icon;
use super::{Deleter, MissingReason, NoFile, RunOutcome, State};
use crate::i18n::{self, Lang};

impl State {
    /// The icon of the state.
    pub fn sign(self) -> Icon {
        match self {
            State::Empty | State::Outstanding => Icon::None,
            State::Ok => Icon::Ok,
            State::Behind | State::Warning => Icon::Warn,
            State::ActionNeeded => Icon::Bad,
        }
    }
}

impl RunOutcome {
    /// The label of the result.
    pub fn word(self, lang: Lang) -> &'static str {
        match self {
            RunOutcome::Success => lang.pick("OK", "成功"),
            RunOutcome::Partial => lang.pick("some failed", "部分失败"),
            RunOutcome::Interrupted => lang.pick("interrupted", "被中断"),
            RunOutcome::Unfinished => lang.pick("killed, or still running", "被终止或仍在运行"),
            RunOutcome::Error => lang.pick("failed", "失败"),
        }
    }

    /// The icon of the result.
    pub fn sign(self) -> Icon {
        match self {
            RunOutcome::Success => Icon::Ok,
            RunOutcome::Partial | RunOutcome::Unfinished => Icon::Warn,
            RunOutcome::Interrupted => Icon::None,
            RunOutcome::Error => Icon::Bad,
        }
    }
}

impl MissingReason {
    /// Why an activity is missing on a platform, after its number: `3 to upload`.
    pub fn words(self, lang: Lang) -> &'static str {
        match self {
            MissingReason::ToUpload => lang.pick("to upload in the next sync", "下次同步时上传"),
            MissingReason::NoWriteAccess => lang.pick("not uploaded: it can only be read", "未上传：该平台只读"),
            MissingReason::Pending => lang.pick("pending: uploaded, not confirmed yet", "待确认：已上传，服务处理中"),
            MissingReason::Rejected => lang.pick("rejected, or accepted and never listed", "被拒绝，或上传后未出现"),
            MissingReason::PossibleDuplicate => lang.pick("possible duplicates, not uploaded", "可能重复，未上传"),
            MissingReason::NoFile => lang.pick("without a file to upload", "没有可上传的文件"),
            MissingReason::Deleted => lang.pick("deleted on the platform", "已在该平台删除"),
            MissingReason::MissingOnce => lang.pick(
                "not in the last listing; the next one decides whether it was deleted",
                "最近一次列表中没有；由下一次列表确定是否已删除",
            ),
            MissingReason::NotListed => lang.pick("in a time that is not listed yet", "该时间段尚未列出"),
        }
    }

    /// A short form of the reason, for a row of a list.
    pub fn word(self, lang: Lang) -> &'static str {
        match self {
            MissingReason::ToUpload => lang.pick("to upload", "待上传"),
            MissingReason::NoWriteAccess => lang.pick("can only be read", "只读"),
            MissingReason::Pending => lang.pick("pending", "待确认"),
            MissingReason::Rejected => lang.pick("rejected", "被拒绝"),
            MissingReason::PossibleDuplicate => lang.pick("possible duplicate", "可能重复"),
            MissingReason::NoFile => lang.pick("no file", "无文件"),
            MissingReason::Deleted => lang.pick("deleted on this platform", "已从该平台删除"),
            MissingReason::MissingOnce => lang.pick("missing once", "列表缺失"),
            MissingReason::NotListed => lang.pick("not listed yet", "尚未列出"),
        }
    }
}

impl NoFile {
    /// Why activities are not in the archive, after their number.
    pub fn words(self, lang: Lang) -> &'static str {
        match self {
            NoFile::Failed => lang.pick("download failed; retried in the next sync", "下载失败，下次同步时重试"),
            NoFile::Corrupt => lang.pick("corrupt; downloaded again in the next sync", "文件损坏，下次同步时重新下载"),
            NoFile::NotYet => lang.pick("not downloaded yet", "尚未下载"),
            NoFile::Unavailable => lang.pick(
                "unavailable: the platform does not provide the file; requested once a week",
                "无法获取：平台不提供文件，每周请求一次",
            ),
            NoFile::NoOriginal => lang.pick(
                "without a file: entered by hand, or the platform has none",
                "没有文件：手动录入，或平台没有文件",
            ),
        }
    }
}

impl Deleter {
    /// Who deleted an activity, and the result.
    pub fn words(self, lang: Lang) -> &'static str {
        match self {
            Deleter::Garminsync => lang.pick("deleted by garminsync, as a duplicate", "由 garminsync 作为重复删除"),
            Deleter::Pending => lang.pick(
                "deletion requested by garminsync; confirmed in the next sync",
                "garminsync 已请求删除，下次同步时确认",
            ),
            Deleter::Failed => lang.pick(
                "deletion requested by garminsync, but still on the platform",
                "garminsync 已请求删除，但仍在平台上",
            ),
            Deleter::Restored => lang.pick("deleted by garminsync, restored by you", "由 garminsync 删除，由您恢复"),
            Deleter::External => {
                lang.pick("deleted on the platform, not by garminsync", "在平台上删除，并非由 garminsync 删除")
            }
            Deleter::Unconfirmed => {
                lang.pick("not in the last listing; deletion not confirmed", "上次列表中缺失，删除未确认")
            }
        }
    }
}

/// A count of a run: `12 downloaded`.
pub fn counted(name: &str, count: u64, lang: Lang) -> String {
    let word = match name {
        "already" => lang.pick("in the archive already", "已在归档中"),
        "already_pending" => lang.pick("pending already", "已在待确认"),
        "already_there" => lang.pick("on the platform already", "平台上已有"),
        "ambiguous" => lang.pick("ambiguous", "无法确定"),
        "converted" => lang.pick("converted", "转换"),
        "deleted" => lang.pick("deleted", "删除"),
        "deleted_there" => lang.pick("deleted on a platform", "已在平台删除"),
        "different" => lang.pick("different from the archive", "与归档不同"),
        "downloaded" => lang.pick("downloaded", "下载"),
        "duplicates" => lang.pick(if count == 1 { "duplicate" } else { "duplicates" }, "重复"),
        "failed" => lang.pick("failed", "失败"),
        "left" => lang.pick("left for the next sync", "留待下次同步"),
        "listed" => lang.pick("listed", "列出"),
        "missing_once" => lang.pick("not in the last listing", "上次列表中没有"),
        "new" => lang.pick("new", "新增"),
        "no_file" => lang.pick("without a file to upload", "没有可上传的文件"),
        "no_original" => lang.pick("without a file", "无文件"),
        "not_listed" => lang.pick("not listed yet", "尚未列出"),
        "not_there" => lang.pick(if count == 1 { "file not found" } else { "files not found" }, "找不到的文件"),
        "notified" => lang.pick("notified", "已通知"),
        "orphans" => {
            let one = "archived activity missing from the list";
            let many = "archived activities missing from the list";
            lang.pick(if count == 1 { one } else { many }, "归档中有、列表中没有")
        }
        "pending" => lang.pick("pending", "待确认"),
        "planned" => lang.pick("planned", "计划"),
        "possible_duplicates" => {
            lang.pick(if count == 1 { "possible duplicate" } else { "possible duplicates" }, "可能重复")
        }
        "rejected" => lang.pick("rejected", "被拒绝"),
        "rejected_before" => lang.pick("rejected before", "曾被拒绝"),
        "restricted" => lang.pick("restricted by flags", "按参数限定"),
        "similar" => lang.pick(if count == 1 { "similar pair" } else { "similar pairs" }, "近似的活动"),
        "skipped" => lang.pick("skipped", "跳过"),
        "imported" => lang.pick("imported", "导入"),
        "unavailable" => lang.pick("unavailable", "无法获取"),
        "unmatched" => lang.pick("without a match", "未匹配"),
        "uploaded" => lang.pick("uploaded", "上传"),
        "verified" => lang.pick("verified", "校验"),
        other => other,
    };
    let (word, count) = (word.replace('_', " "), i18n::number(count));
    match lang {
        Lang::En => format!("{count} {word}"),
        Lang::Zh => format!("{word} {count}"),
    }
}
