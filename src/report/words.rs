//! What the page says of each kind of thing, in both languages.

use super::components::Sign;
use super::{Deleter, MissingReason, NoFile, RunOutcome, State};
use crate::i18n::{self, Lang};

impl State {
    /// Its form.
    pub fn sign(self) -> Sign {
        match self {
            State::Empty | State::Outstanding => Sign::None,
            State::Ok => Sign::Well,
            State::Behind | State::Warning => Sign::Warn,
            State::ActionNeeded => Sign::Bad,
        }
    }
}

impl RunOutcome {
    /// In a word or two.
    pub fn word(self, lang: Lang) -> &'static str {
        match self {
            RunOutcome::Success => lang.pick("well", "成功"),
            RunOutcome::Partial => lang.pick("some failed", "部分失败"),
            RunOutcome::Interrupted => lang.pick("interrupted", "被中断"),
            RunOutcome::Unfinished => lang.pick("did not end, or still runs", "未结束或仍在运行"),
            RunOutcome::Error => lang.pick("failed", "失败"),
        }
    }

    /// Its form.
    pub fn sign(self) -> Sign {
        match self {
            RunOutcome::Success => Sign::Well,
            RunOutcome::Partial | RunOutcome::Unfinished => Sign::Warn,
            RunOutcome::Interrupted => Sign::None,
            RunOutcome::Error => Sign::Bad,
        }
    }
}

impl MissingReason {
    /// Why an activity is missing on a platform, after its number: `3 to upload`.
    pub fn words(self, lang: Lang) -> &'static str {
        match self {
            MissingReason::ToUpload => lang.pick("to upload in the next sync", "下次同步时上传"),
            MissingReason::Pending => lang.pick("pending: uploaded, not confirmed yet", "待确认：已上传，服务处理中"),
            MissingReason::Rejected => lang.pick("rejected, or accepted and never listed", "被拒绝，或上传后未出现"),
            MissingReason::PossibleDuplicate => lang.pick("possible duplicates, not uploaded", "可能重复，未上传"),
            MissingReason::NoFile => lang.pick("without a file to upload", "没有可上传的文件"),
            MissingReason::Deleted => lang.pick("deleted on the platform", "已在该平台删除"),
            MissingReason::MissingOnce => {
                lang.pick("missing from the last listing; confirmed by the next one", "最近一次列表中缺失，待下次确认")
            }
            MissingReason::NotListed => lang.pick("in a time that is not listed yet", "该时间段尚未列出"),
        }
    }

    /// The same in a word or two, for a row of a list.
    pub fn word(self, lang: Lang) -> &'static str {
        match self {
            MissingReason::ToUpload => lang.pick("to upload", "待上传"),
            MissingReason::Pending => lang.pick("pending", "待确认"),
            MissingReason::Rejected => lang.pick("rejected", "被拒绝"),
            MissingReason::PossibleDuplicate => lang.pick("possible duplicate", "可能重复"),
            MissingReason::NoFile => lang.pick("no file", "无文件"),
            MissingReason::Deleted => lang.pick("deleted there", "已删除"),
            MissingReason::MissingOnce => lang.pick("missing once", "列表缺失"),
            MissingReason::NotListed => lang.pick("not listed yet", "尚未列出"),
        }
    }
}

impl NoFile {
    /// Why an activity is not in the archive, after its number.
    pub fn words(self, lang: Lang) -> &'static str {
        match self {
            NoFile::Failed => lang.pick("asked for in vain; asked for again", "获取失败，会重试"),
            NoFile::Broken => lang.pick("found changed or cut; fetched again", "文件损坏，会重新获取"),
            NoFile::NotYet => lang.pick("not fetched yet", "尚未下载"),
            NoFile::Unavailable => lang.pick(
                "unavailable: the platform does not give the file; requested again once a week",
                "平台不提供文件；每周重试一次",
            ),
            NoFile::NoOriginal => lang.pick(
                "without a file: typed in by hand, or the service holds none",
                "没有文件：手动录入，或服务没有原始文件",
            ),
        }
    }
}

impl Deleter {
    /// Who deleted an entry, and what came of it.
    pub fn words(self, lang: Lang) -> &'static str {
        match self {
            Deleter::Garminsync => lang.pick("by garminsync, as a copy", "garminsync 删除的副本"),
            Deleter::Pending => {
                lang.pick("by garminsync; whether it is gone, the next run looks", "garminsync 已请求删除，待确认")
            }
            Deleter::Failed => lang.pick("asked for by garminsync, and still there", "garminsync 删除失败，仍在平台上"),
            Deleter::Restored => lang.pick("by garminsync, and put back by you", "garminsync 删除后由您恢复"),
            Deleter::External => lang.pick("by somebody, on the platform", "在平台上被删除"),
            Deleter::Unconfirmed => lang.pick("perhaps: the last list did not show it", "可能：上次列表中未出现"),
        }
    }
}

/// How sure it is that two entries are one exercise.
pub fn certainty(name: &str, lang: Lang) -> &str {
    match name {
        "same-file" => lang.pick("the same file", "同一文件"),
        "match" => lang.pick("the same exercise", "同一次运动"),
        "two-devices" => lang.pick("one exercise, two devices: never deleted", "同一次运动、两台设备：从不删除"),
        "start-only" => lang.pick("begin together, else different: never deleted", "仅开始时间相同：从不删除"),
        other => other,
    }
}

/// What a run counted: `downloaded` becomes `downloaded 12`.
pub fn counted(name: &str, count: u64, lang: Lang) -> String {
    let word = match name {
        "copies" => lang.pick("copies", "副本"),
        "created" => lang.pick("created", "新建"),
        "deleted" => lang.pick("deleted", "删除"),
        "deleted_there" => lang.pick("deleted there", "已在平台删除"),
        "downloaded" => lang.pick("downloaded", "下载"),
        "exports" => lang.pick("exports", "导出"),
        "failed" => lang.pick("failed", "失败"),
        "listed" => lang.pick("listed", "列出"),
        "new" => lang.pick("new", "新增"),
        "no_original" => lang.pick("without a file", "无文件"),
        "pending" => lang.pick("pending", "处理中"),
        "planned" => lang.pick("planned", "计划"),
        "refused" => lang.pick("refused", "拒绝"),
        "refused_before" => lang.pick("refused before", "曾被拒绝"),
        "reported" => lang.pick("to look at", "待查看"),
        "restricted" => lang.pick("restricted by flags", "按参数限定"),
        "skipped" => lang.pick("skipped", "跳过"),
        "told" => lang.pick("told", "通知"),
        "under_way" => lang.pick("under way", "处理中"),
        "verified" => lang.pick("verified", "校验"),
        other => other,
    };
    format!("{} {}", word.replace('_', " "), i18n::number(count))
}
