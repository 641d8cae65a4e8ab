//! The reasons in Chinese.

use super::{Reason, certainty_text};
use crate::i18n::Lang;

fn span(seconds: u64) -> String {
    match seconds {
        0..7200 => format!("{} 分钟", seconds / 60),
        7200..172_800 => format!("{} 小时", seconds / 3600),
        _ => format!("{} 天", seconds / 86_400),
    }
}

fn other_account(platform: &str) -> String {
    format!(
        "如需使用其他账号，请换一个数据目录（--data-dir 或 DATA_DIR），或从本目录移除该账号及其全部记录：gs-auth logout --forget-account --platform {platform}"
    )
}

/// The text of a reason.
pub(super) fn text(reason: &Reason) -> String {
    let nested = |reason: &Reason| reason.text(Lang::Zh);
    let text = match reason {
        Reason::NotOnPlatform { platform } => return format!("{platform} 上没有"),
        Reason::UploadPending => "上传待确认",
        Reason::DeletedOnTarget { since } => {
            return format!("已在该平台删除（自 {since} 起缺失）；重新上传：gs-diff --restore-deleted");
        }
        Reason::MissingOnce { since } => {
            return format!("最近一次列表中没有（自 {since}）；由下一次列表确定是否已删除");
        }
        Reason::NoWriteAccess { platform } => {
            return format!("只读：已设置的访问方式不能上传；如需上传，请运行 gs-auth login --platform {platform}");
        }
        Reason::StartNotCovered => "目标平台的列表尚未覆盖其开始时间",
        Reason::ListingUnusable { platform, reason } => return format!("{platform}：{}", nested(reason)),
        Reason::PossibleDuplicate { id, certainty } => {
            let of = if id.is_empty() { String::new() } else { format!("与 {id} ") };
            return format!(
                "{of}可能重复（{}）；仍要上传：gs-diff --possible-duplicates",
                certainty_text(certainty, Lang::Zh)
            );
        }
        Reason::NoUploadsPlanned { reason } => return format!("未计划上传：{}；请运行 gs-fetch", nested(reason)),
        Reason::RejectedBefore => "曾被拒绝；重新上传：gs-diff --retry-rejected",
        Reason::ActivityNeverListed => "所在平台的列表尚未显示",
        Reason::NotSelected => "不在所选活动之中",
        Reason::Restored => "删除后恢复",

        Reason::UploadedFrom { platform, reason } => return format!("从 {platform} 上传：{}", nested(reason)),
        Reason::NativeDevice { manufacturer } => return format!("由 {manufacturer} 设备记录"),
        Reason::NativeFile { manufacturer } => return format!("{manufacturer} 设备的文件"),
        Reason::FromStrava => {
            "intervals.icu 上有一个来自 Strava 的活动在同一时间开始；为避免重复，未上传；一周后再检查"
        }
        Reason::NoFileGiven => "服务没有返回文件：该活动没有文件，或其他程序已用完文件配额；以后的运行会再试",
        Reason::SameFileUploaded => "同一文件已为另一个活动上传",
        Reason::OtherConverted => "另一个的文件经过转换，不是原始文件",
        Reason::OnlyArchived => "只有它的文件已归档",
        Reason::MoreData { bytes, other_bytes } => return format!("数据更多：{bytes} 字节，另一个 {other_bytes} 字节"),
        Reason::EquallyGood { platform } => return format!("与 {platform} 上的相同"),
        Reason::LowerId => "较早上传（编号较小）",
        Reason::Kept { reason } => return format!("保留：{}", nested(reason)),

        Reason::FileNotArchived => "文件尚未归档；请运行 gs-download",
        Reason::SeveralFiles => "未上传：该活动有多个文件",
        Reason::FileChanged => "计划之后文件已变化；请重新运行 gs-diff",
        Reason::FileDamaged => "归档文件损坏或缺失；请运行 gs-list --downloaded | gs-download --verify",
        Reason::ConvertedOnly => "只有转换后的文件，没有原始文件",
        Reason::EnteredByHand => "手动录入，没有文件",
        Reason::NoFile => "平台上没有文件",
        Reason::FileUnavailable => "平台不提供该文件，每周请求一次",
        Reason::FormatNotAccepted { format } => return format!("不上传 {} 文件", format.to_uppercase()),
        Reason::SportNotAccepted { sport, platform } => {
            return format!("{platform} 不接受{}；仍要上传：gs-diff --retry-rejected", Lang::Zh.sport(sport));
        }

        Reason::NoStartTime => "没有开始时间，无法检查是否重复",
        Reason::StartInFuture { start } => return format!("开始时间在未来（{start}）；请检查设备和本机的日期"),
        Reason::StartsDiffer { listed, recorded } => {
            return format!("列表中的开始时间为 {listed}，文件中为 {recorded}，无法检查是否重复");
        }
        Reason::StillThere => "仍在该平台上",
        Reason::RestoredBefore => "已经恢复过",
        Reason::UploadLimit => "已达到本次上传数量上限",
        Reason::DryRun => "试运行",
        Reason::UploadedNotListed => "已上传，列表尚未显示",
        Reason::DeliveredBefore => "以前已投递",
        Reason::DeliveryPending => "待确认：已写入发件目录，尚未发布，下次运行时发布",
        Reason::ServiceHasIt => "平台上已有",
        Reason::Processing => "已接受，处理中",
        Reason::AcceptedNotListed => "待确认：列表尚未显示，下次运行再检查",
        Reason::ResponseLost { retry_at } => {
            return format!("待确认：上传未收到答复，列表尚未显示；若仍缺失，{retry_at} 之后重新上传");
        }
        Reason::UploadNotReceived => "平台未收到上传",
        Reason::FileNeverReceived => "平台多次未收到该文件，而其他文件正常",
        Reason::UploadLost { seconds, retry } => {
            return format!("已接受，但 {}内未在列表中出现；重新上传：{retry}", span(*seconds));
        }
        Reason::AccountForgotten => "文件所属账号已从本数据目录移除",

        Reason::DeletionNotSupported => "该平台不支持删除",
        Reason::DeletionPending => "删除待确认，下次运行再检查",
        Reason::NotAnotherActivity => "要保留的不是同一平台上的另一个活动",
        Reason::RestoredByHand => "删除后又被恢复，因此不再删除",
        Reason::UploadedInThisRun => "本次运行刚上传，下次再检查",
        Reason::TwoDevices => "由两台设备记录，都不是重复",
        Reason::Trimmed => "其中一个是另一个的一部分，都不是重复",
        Reason::MatchNotSure => "无法确定是同一次记录",
        Reason::NotArchived => "归档中没有完好的文件；请运行 gs-download",
        Reason::OriginalNotArchived => "归档中没有可用于恢复的原始 FIT 文件",
        Reason::KeptNotArchived => "要保留的活动在归档中没有完好的文件；请运行 gs-download",
        Reason::BetterThanKept => "优于要保留的活动",
        Reason::KeptNotListed => "平台列表中没有要保留的活动",
        Reason::DeletionLimit { limit } => {
            return format!("已达到每次删除 {limit} 个的上限；请提高 --max-delete 或再次运行");
        }
        Reason::NotConfirmed => "未指定 --yes",
        Reason::UnknownActivity => "未记录该活动；请运行 gs-fetch",
        Reason::UnknownKept => "未记录要保留的活动；请运行 gs-fetch",
        Reason::AlreadyDeleted => "已删除",
        Reason::NoLongerListed => "平台列表中已不存在",
        Reason::StillListed => "平台确认了删除，但列表中仍存在；下次运行重试",
        Reason::NotDeletedBefore => "之前的运行未能删除",
        Reason::DeletionUnconfirmed { reason } => return format!("删除未确认：{}；下次运行再检查", nested(reason)),
        Reason::Duplicate { evidence } => return super::texts(evidence, Lang::Zh),

        Reason::SameFile => "同一文件",
        Reason::SameRecording => "同一记录（FIT file_id）",
        Reason::SameStreams { streams, minutes } => {
            let streams: Vec<&str> = streams.iter().map(|stream| stream_name(stream)).collect();
            return format!("{}逐秒相同，共 {minutes:.0} 分钟", streams.join("、"));
        }
        Reason::PartOfRecording { minutes: [part, whole] } => {
            return format!("其中一个是另一个的一部分（{whole:.0} 分钟中的 {part:.0} 分钟）");
        }
        Reason::StreamsDiffer => "逐秒比较不相同",
        Reason::HeartRatesDiffer { bpm } => return format!("心率不同：平均相差 {bpm:.0} 次/分钟"),
        Reason::SpeedsDiffer { percent } => return format!("速度不同：平均相差 {percent:.0}%"),
        Reason::PositionsDiffer { percent } => return format!("位置不同：{percent:.0}% 的时间相距 50 米以上"),
        Reason::StartApart { seconds } => {
            return match seconds.round() {
                0.0 => "开始时间相同".to_owned(),
                seconds => format!("开始时间相差 {seconds} 秒"),
            };
        }
        Reason::StartShifted { minutes } => return format!("开始时间相差 {}:{:02} 小时", minutes / 60, minutes % 60),
        Reason::StartUnknown => "开始时间未知",
        Reason::NoOverlap => "时间不重叠",
        Reason::PartialOverlap => "时间部分重叠",
        Reason::SameSport { sport } => return format!("同为{}", Lang::Zh.sport(sport)),
        Reason::SportsDiffer { sports: [one, other] } => {
            return format!("运动类型不同：{}、{}", Lang::Zh.sport(one), Lang::Zh.sport(other));
        }
        Reason::TimerTime { percent } => return difference("运动时间", *percent),
        Reason::TimerTimesDiffer { seconds: [one, other] } => {
            return format!("运动时间不同：{one:.0} 秒、{other:.0} 秒");
        }
        Reason::Distance { percent } => return difference("距离", *percent),
        Reason::DistancesDiffer { metres: [one, other] } => return format!("距离不同：{one:.0} 米、{other:.0} 米"),
        Reason::SameDevice => "同一设备",
        Reason::DifferentDevices => "不同设备",
        Reason::DevicesUnknown => "设备无法比较",
        Reason::MatchedBefore { days_apart } => return format!("之前匹配，现在相差 {days_apart} 天"),
        Reason::DateMayBeCorrected => "可能在某个平台上更正了日期",

        Reason::EntriesUnreadable { count } => return format!("已忽略列表：有 {count} 条无法读取"),
        Reason::ListingUnordered => "已忽略列表：顺序混乱，可能不完整；请稍后重试",
        Reason::ListingUnstable { requests } => {
            return format!("已忽略列表：{requests} 次请求得到 {requests} 个不同的列表；请稍后重试");
        }
        Reason::SecondListingUnusable => "已忽略列表：第二次请求的内容无法读取或顺序混乱；请稍后重试",
        Reason::ListingEmpty { count } => {
            return format!("已忽略列表：列表为空，但平台统计有 {count} 个活动；请稍后重试");
        }
        Reason::ListingImplausible { missing, known, has_account } => {
            let cause = match has_account {
                true => "是否为另一个账号（gs-auth status）？",
                false => "是否挂载了另一个介质？",
            };
            return format!(
                "已忽略列表：{known} 个已知活动中缺少 {missing} 个；{cause}如确已删除：gs-fetch --full --accept-missing；一小时后列表仍相同则接受"
            );
        }
        Reason::ListingIncomplete => "最近一次列表不完整",
        Reason::PlatformNeverListed => "尚未列出",
        Reason::BeingListed => "正在列出",

        Reason::Corrupt { detail } => return format!("{detail}；未保存，下次运行重试"),
        Reason::ServiceDown { reason } => return format!("{}；连续多次请求均失败", nested(reason)),
        Reason::DownloadsDown { detail } => return format!("平台现在不提供以前提供过的文件（{detail}）；请稍后重试"),
        Reason::RequestedWeekly { runs, reason, kept } => {
            let kept = kept.as_ref().map(|path| format!("；已原样保存：{path}")).unwrap_or_default();
            return format!(
                "{}；已在 {runs} 次运行中被拒绝，今后每周请求一次，立即请求：gs-download --force{kept}",
                nested(reason)
            );
        }
        Reason::DownloadBusy => "另一个 gs-download 正在处理该平台；请稍后重试",
        Reason::UploadBusy => "另一个命令正在写入该平台；请稍后重试",

        Reason::LoginRequired { detail } => return format!("需要登录：{detail}"),
        Reason::Retry { detail } => return format!("稍后重试：{detail}"),
        Reason::NotFound { detail } => return format!("平台上不存在：{detail}"),
        Reason::Rejected { detail } => return format!("被平台拒绝：{detail}"),
        Reason::UnexpectedResponse { detail } => return format!("意外的答复：{detail}"),
        Reason::OutcomeUnknown { detail } => return format!("结果未知：{detail}；下次运行再检查"),
        Reason::PrecheckOutdated => {
            "未发送：网络太慢，上传前的检查已过时；请稍后重试，或调大 GS_REQUEST_INTERVAL（检查的有效期为其五倍，至少 15 秒）"
        }
        Reason::OtherAccountInSettings { platform, setting, address, owner } => {
            return format!(
                "{setting} 为 {address}，但本数据目录属于 {owner}；未列出也未写入任何内容。请更正 {setting}；如账号换了新地址，请用新地址登录：gs-auth login --platform {platform}。{}",
                other_account(platform)
            );
        }
        Reason::OtherAccount { platform, login, owner } => {
            let owner = owner.as_deref().unwrap_or("另一个账号（据其活动判断）");
            return format!(
                "当前登录属于 {login}，但本数据目录属于 {owner}；未列出也未写入任何内容；{}",
                other_account(platform)
            );
        }
        Reason::ListOfAnotherAccount { platform, listed, user } => {
            return format!(
                "列表属于另一个账号（用户 {listed}），而登录属于用户 {user}，已忽略；请稍后重试，若仍如此请重新登录：gs-auth login --platform {platform}，若使用 API 密钥则重新提供：gs-auth key --platform {platform}"
            );
        }
        Reason::AccountUnknown => "平台未说明这是谁的账号；未列出也未写入任何内容；请稍后重试",

        Reason::LoginInterrupted => "上次登录被中断",

        Reason::NoPlatform { has_settings } => {
            let file = if *has_settings { "" } else { "，也未找到设置文件" };
            return format!("尚未配置平台{file}；请运行 garminsync setup");
        }
        Reason::UnknownPlatform { name, known } => return format!("未知平台 {name:?}；已知：{known}"),
        Reason::CorruptFile { detail } => return format!("文件损坏：{detail}"),
        Reason::FileMissing { path } => return format!("{path}：文件不存在"),
        Reason::FileNotReplaced { path } => {
            return format!(
                "{path}：该文件不是 gs-export 写入的，或之后被改动过；请移走该文件，或换用其他 --out 或 --name，或用 --overwrite 覆盖"
            );
        }
        Reason::NotFit { format } => return format!("文件格式是 {}，只能导出 FIT 文件", format.to_uppercase()),
        Reason::NoPositions { format } => return format!("没有定位数据，无法导出为 {format}"),
        Reason::NoTrackpoints => "没有轨迹点",
        Reason::InPrivacyZone => "整条轨迹都在隐私区域内",

        Reason::DiskFull { path } => return format!("{path}：磁盘已满；请腾出空间后再次运行"),
        Reason::FileSizeLimit { path } => {
            return format!("{path}：已达到文件大小上限（ulimit -f 或文件系统的限制）；请提高后再次运行");
        }
        Reason::ReadOnly { path, detail } => {
            return format!("{path}：只读（{detail}）；请使文件及其目录可写，或选择其他目录");
        }
        Reason::NoLocks { path } => {
            return format!("{path}：该文件系统不支持文件锁（某些网络磁盘没有）；请将 DATA_DIR 设为本地磁盘");
        }
        Reason::Storage { detail } => return format!("本机问题：{detail}"),
        Reason::Configuration { detail } => return format!("配置错误：{detail}"),
        Reason::InvalidInput { detail } => return format!("输入无效：{detail}"),
        Reason::AtLine { line, reason } => return format!("第 {line} 行：{}", nested(reason)),
        Reason::Stopped => "已在当前项目之后停止；再次运行可继续",
        Reason::Other { detail } => return detail.clone(),
    };
    text.to_owned()
}

/// How far two numbers that agree are apart.
fn difference(what: &str, percent: f64) -> String {
    if percent < 0.05 { format!("{what}相同") } else { format!("{what}相差 {percent:.1}%") }
}

/// A word for a FIT field.
fn stream_name(field: &str) -> &str {
    match field {
        "position" => "位置",
        "speed" => "速度",
        "heart_rate" => "心率",
        other => other,
    }
}
