//! The platforms: one card for each, and a comparison of each pair.

use jiff::Timestamp;
use maud::{Markup, html};

use super::components::{self, Icon, time};
use super::{FileQuotaUsage, Login, Platform, PlatformPair, Snapshot};
use crate::i18n::{self, Lang, number};

/// All platforms.
pub fn platforms(snapshot: &Snapshot, lang: Lang) -> Markup {
    html! {
        section #platforms {
            h2 { (lang.pick("Platforms", "平台")) }
            div.cards { @for platform in &snapshot.platforms { (card(platform, snapshot.made, lang)) } }
            @if !snapshot.matrix.is_empty() { (matrix(snapshot, lang)) }
        }
    }
}

fn card(platform: &Platform, made: Option<Timestamp>, lang: Lang) -> Markup {
    if platform.write_only {
        return outbox(platform, lang);
    }
    let numbers = [
        (lang.pick("downloaded", "已下载"), platform.downloaded),
        (lang.pick("missing", "缺失"), platform.missing),
        (lang.pick("failed", "失败"), platform.failed),
        (lang.pick("no original", "无原始文件"), platform.no_original),
        (lang.pick("unavailable", "无法获取"), platform.unavailable),
        (lang.pick("pending", "待确认上传"), platform.pending),
    ];
    let sign = if platform.unusable_reason.is_some() { Icon::Warn } else { Icon::Ok };
    html! {
        article.card {
            h3 { (sign) " " (platform.title) }
            p.id { (platform.name) }
            p.total { strong { (number(platform.total)) } " " (lang.pick("activities", "个活动")) }
            (share(platform, lang))
            dl.numbers {
                @for (name, count) in numbers {
                    @if count > 0 { (row(name, html! { (number(count)) })) }
                }
                (row(lang.pick("size", "大小"), html! { (i18n::size(platform.bytes)) }))
            }
            dl.facts {
                (row(lang.pick("last full listing", "上次完整列表"), at(platform.last_complete_listing, lang.pick("never", "从未"))))
                (row(lang.pick("last listing", "上次列表"), at(platform.last_listing, lang.pick("never", "从未"))))
                @if platform.logins.is_empty() {
                    (row(lang.pick("login", "登录"), html! { (lang.pick("none, or unknown", "无或未知")) }))
                }
                @for one in &platform.logins { (row(one.title(lang), login(one, made, lang))) }
                @for quota in &platform.file_quotas {
                    (row(&quota.title(lang), files(quota, lang)))
                }
                @if let Some(pause) = pause(platform, lang) { (row(lang.pick("blocked", "暂停"), pause)) }
            }
            @if let Some(reason) = &platform.unusable_reason {
                p.why { (lang.pick("No uploads planned: ", "暂不计划任何上传：")) (components::reason(reason, lang)) }
            }
        }
    }
}

/// The card of an outbox, which has no activities of its own.
fn outbox(platform: &Platform, lang: Lang) -> Markup {
    html! {
        article.card {
            h3 { (Icon::Ok) " " (lang.pick("Outbox", "发件目录")) }
            p.id { (platform.name) }
            p.total { strong { (number(platform.delivered)) } " " (lang.pick("delivered", "个文件已投递")) }
            @if platform.pending > 0 {
                dl.numbers { (row(lang.pick("pending", "待确认上传"), html! { (number(platform.pending)) })) }
            }
        }
    }
}

fn row(name: &str, value: Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

fn at(at: Option<Timestamp>, never: &str) -> Markup {
    at.map_or_else(|| html! { (never) }, time)
}

/// How many of its activities are in the archive, as a bar and as text.
fn share(platform: &Platform, lang: Lang) -> Markup {
    let could = platform.downloaded + platform.missing;
    let width = if could == 0 { 0.0 } else { platform.downloaded as f64 / could as f64 * 100.0 };
    let words = match lang {
        Lang::En => format!("{} of {} in the archive", number(platform.downloaded), number(could)),
        Lang::Zh => format!("{} / {} 已归档", number(platform.downloaded), number(could)),
    };
    html! {
        svg.share viewBox="0 0 100 4" preserveAspectRatio="none" role="img" aria-label=(words) {
            rect.all width="100" height="4" {}
            rect.part width=(format!("{width:.1}")) height="4" {}
        }
    }
}

/// How long the login is valid.
fn login(login: &Login, made: Option<Timestamp>, lang: Lang) -> Markup {
    let now = made.unwrap_or_default();
    html! {
        @if login.ended.is_some() { (Icon::Bad) " " }
        (components::text(&login.text(now, lang)))
        @if let Some(end) = login.ends(now) { span.sub { (time(end)) } }
    }
}

/// How many files were requested, if the service limits their number.
fn files(quota: &FileQuotaUsage, lang: Lang) -> Markup {
    let FileQuotaUsage { used, files, hours, .. } = quota;
    let text = match lang {
        Lang::En => format!("{used} of {files} in {hours} hours"),
        Lang::Zh => format!("{hours} 小时内已用 {used} / {files} 个"),
    };
    html! {
        (text)
        @if let Some(next) = quota.next { span.sub { (lang.pick("next after ", "下次不早于 ")) (time(next)) } }
    }
}

/// Until when the platform gets no requests, or no password logins.
fn pause(platform: &Platform, lang: Lang) -> Option<Markup> {
    let until = |text: &str, until| html! { (text) (time(until)) };
    match (platform.cooldown_until, platform.rate_limited_until) {
        (Some(at), _) => Some(until(lang.pick("no password logins until ", "密码登录暂停至 "), at)),
        (None, Some(at)) => Some(until(lang.pick("rate limit until ", "限流至 "), at)),
        (None, None) => None,
    }
}

/// The comparison: how many activities of the platform of the row are also on the platform of the column.
fn matrix(snapshot: &Snapshot, lang: Lang) -> Markup {
    let rows = rows(&snapshot.matrix);
    html! {
        h3 #matrix-title { (lang.pick("Comparison", "各平台对照")) }
        p.note { (lang.pick("How many activities of the platform in the row are also on the platform in the column.", "行平台上的活动中，有多少也在列平台上。")) }
        div.scroll tabindex="0" role="region" aria-labelledby="matrix-title" {
            table.matrix {
                thead { tr {
                    th scope="col" { (lang.pick("platform", "平台")) }
                    @for row in &rows { th scope="col" { (row[0].on) } }
                } }
                tbody {
                    @for (at, row) in rows.iter().enumerate() {
                        tr {
                            th scope="row" { (row[0].on) }
                            @for pair in &row[..at] { td { (cell(pair, lang)) } }
                            td { span.self { "—" } }
                            @for pair in &row[at..] { td { (cell(pair, lang)) } }
                        }
                    }
                }
            }
        }
    }
}

/// The pairs of each platform with all others, in the order of the platforms. Two of them may have the same displayed name.
fn rows(matrix: &[PlatformPair]) -> Vec<&[PlatformPair]> {
    // n platforms have n * (n - 1) pairs.
    matrix.chunks_exact(matrix.len().isqrt().max(1)).collect()
}

fn cell(pair: &PlatformPair, lang: Lang) -> Markup {
    let here = |count: u64| match lang {
        Lang::En => format!("{} only on {}", number(count), pair.on),
        Lang::Zh => format!("{} 仅在 {}", number(count), pair.on),
    };
    html! {
        span.both { b { (number(pair.both)) } " " (lang.pick("on both", "两者都有")) }
        @if pair.only == 0 {
            span.fine { (Icon::Ok) " " (lang.pick("none missing", "无缺失")) }
        } @else {
            span.only { (here(pair.only)) }
            @if pair.pending > 0 { span.sub { (number(pair.pending)) " " (lang.pick("pending", "待确认")) } }
            @if pair.rejected > 0 { span.sub { (number(pair.rejected)) " " (lang.pick("rejected", "被拒绝")) } }
        }
    }
}
