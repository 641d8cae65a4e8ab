//! The table of settings: every setting of garminsync, with its kind, default and description.
//!
//! `.env.example`, gs-settings(5), `gs-settings` and its check, the secrecy of values, and the defaults of the code
//! that reads a setting all use this table. To add a setting: add a row, read it by its name ([`Settings::number`],
//! [`Settings::duration`] …), and run `scripts/generate`.
//!
//! [`Settings::number`]: super::Settings::number
//! [`Settings::duration`]: super::Settings::duration

use super::setting::{Setting, SettingGroup, SettingKind, duration, number, setting, time_limit, yes_no};
use crate::matching::DEFAULT_TOLERANCE_S;

/// All settings that the environment or the `.env` file can set.
pub const SETTINGS: &[SettingGroup] = &[
    SettingGroup {
        title: "Accounts",
        intro: "Each setting of an account can also be given as NAME_FILE, a file that contains the value, or as \
                NAME_COMMAND, a shell command that prints it: GARMIN_PASSWORD_FILE=/run/secrets/garmin, or \
                GARMIN_PASSWORD_COMMAND='pass show garmin | head -n1'. NAME is used first, then NAME_FILE, then \
                NAME_COMMAND. The value is a single line. Line breaks around it are ignored; spaces around a password \
                are part of it.",
        settings: &[
            setting(
                "GARMIN_EMAIL",
                SettingKind::Address,
                "E-mail address of the garmin.com account. A login with the browser or with the token of another tool \
                 (gs-auth) needs neither address nor password.",
            )
            .example("'runner@example.com'"),
            setting("GARMIN_PASSWORD", SettingKind::Password, "Password of the garmin.com account.")
                .example("'correct horse $taple'"),
            setting("GARMIN_EMAIL_COM", SettingKind::Address, "The same as GARMIN_EMAIL, and used first.")
                .example("'runner@example.com'"),
            setting("GARMIN_PASSWORD_COM", SettingKind::Password, "The same as GARMIN_PASSWORD, and used first.")
                .example("'correct horse $taple'"),
            setting(
                "GARMIN_EMAIL_CN",
                SettingKind::Address,
                "E-mail address of the garmin.cn account. garmin.cn and garmin.com have separate accounts.",
            )
            .example("'runner@example.cn'"),
            setting("GARMIN_PASSWORD_CN", SettingKind::Password, "Password of the garmin.cn account.")
                .example("'correct horse $taple'"),
            setting(
                "GARMIN_PERSONAL_API_KEY",
                SettingKind::Key,
                "API key of the garmin.com account, from Garmin Connect on the web (Settings, Account, Personal API key). \
                 Activities are then read with it, without any login; uploads and deletions need a login.",
            )
            .example("'GCDC_1a2b3c4d5e6f7g8h'"),
            setting(
                "GARMIN_PERSONAL_API_KEY_ENDS",
                SettingKind::Text,
                "Last day of this key, as Garmin's page shows it when the key is made. Page and messages remind you three \
                 weeks before; without this setting, only when the key has ended.",
            )
            .example("2027-02-27"),
            setting(
                "GARMIN_PERSONAL_API_KEY_CN",
                SettingKind::Key,
                "API key of the garmin.cn account. It needs GARMIN_PERSONAL_API_CN=1.",
            )
            .example("'GCDC_1a2b3c4d5e6f7g8h'"),
            yes_no(
                "GARMIN_PERSONAL_API_CN",
                "1: API keys of garmin.cn may be used. This is not proven to work: in October 2026 the server of \
                 garmin.cn answered HTTP 526. A login to garmin.cn that is set up reads nevertheless. 0: garmin.cn is read with a login.",
            ),
            setting(
                "COROS_EMAIL",
                SettingKind::Address,
                "E-mail address of the COROS account. COROS allows one session per account: each login here ends the \
                 session of the browser.",
            )
            .example("'runner@example.org'"),
            setting("COROS_PASSWORD", SettingKind::Password, "Password of the COROS account.")
                .example("'correct horse $taple'"),
            setting(
                "INTERVALS_API_KEY",
                SettingKind::Key,
                "API key of intervals.icu, from the end of its settings page (Developer Settings).",
            )
            .example("'1a2b3c4d5e6f7g8h9i0j'"),
            setting(
                "INTERVALS_ATHLETE_ID",
                SettingKind::Text,
                "The athlete at intervals.icu whose activities are synchronised, if it is not the owner of the key: a \
                 coach's key opens other athletes, too.",
            )
            .example("i123456"),
            time_limit(
                "GS_COMMAND_TIMEOUT",
                60,
                "Time limit for a NAME_COMMAND, and for a NAME_FILE that is a pipe. Either may return up to 64 KiB.",
            ),
        ],
    },
    SettingGroup {
        title: "Synchronisation",
        intro: "",
        settings: &[
            setting(
                "SYNC_PLATFORM",
                SettingKind::Platforms,
                "Platforms to synchronise, separated by commas: GARMINCOM, GARMINCN, COROS, INTERVALS, folder:PATH, outbox:PATH. A comma in a \
                 PATH is part of the path, unless the name of a platform follows; write \\, in that case. Without this \
                 setting: the platforms that are logged in, that were logged in before, or whose e-mail address and \
                 password are set.",
            )
            .example("GARMINCN,GARMINCOM,COROS"),
            setting(
                "SYNC_TO",
                SettingKind::Platforms,
                "Platforms that receive uploads. The others are only read. Without this setting: all.",
            )
            .example("GARMINCOM"),
            number(
                "SPORT_DIFF_SECOND",
                DEFAULT_TOLERANCE_S as u64,
                "Largest difference, in seconds, between the start times of the same activity on two platforms.",
            ),
            yes_no(
                "DELETE_DUPLICATE",
                "1: gs-sync deletes duplicates on a platform, each only when its original is in the archive. 0: \
                 duplicates are only reported.",
            ),
            number("MAX_DELETE", 10, "Maximum number of deletions in one run."),
            // The first sync of an account with many years is done in portions.
            number(
                "MAX_UPLOAD",
                200,
                "Maximum number of uploads in one run; the next runs upload the rest. 0: no limit.",
            ),
            yes_no(
                "GARMIN_UPLOAD_AS_IMPORT",
                "1: files go to Garmin as imports, which Garmin does not forward to connected services such as Strava, \
                 so that an activity does not appear there a second time. 0: files go to Garmin as uploads of a \
                 device.",
            ),
            setting(
                "GS_ARCHIVE",
                SettingKind::OpenChoice(&["all", "sent"]),
                "Which files belong in the archive: all, or only those of activities that are uploaded or deleted \
                 (sent). The page and the messages report missing files of these activities as outstanding. gs-sync \
                 without --archive uses sent, unless this setting is all.",
            )
            .example("all"),
            duration(
                "GS_UPLOAD_WAIT",
                60,
                "How long gs-upload waits until a service confirms its uploads. The next run checks uploads that are \
                 still pending.",
            )
            .formerly(&["GS_SETTLE_WAIT"]),
            duration(
                "GS_LOST_AFTER",
                6 * 3600,
                "An upload that the service accepted, but does not list after this time, is reported as lost, with the \
                 command that uploads it again.",
            ),
            duration(
                "GS_RESEND_WAIT",
                600,
                "Minimum time before an upload whose response was lost is sent again, because services list uploads \
                 late. The time doubles with each further loss.",
            ),
            duration(
                "GS_CONFIRM_WAIT",
                10,
                "Pause before the second request that confirms a listing (the first listing of an account, or of an \
                 account without known activities), and before the second check for an upload whose response was lost.",
            ),
        ],
    },
    SettingGroup {
        title: "Outboxes",
        intro: "How files are delivered to every outbox:PATH; see docs/outbox.md.",
        settings: &[
            setting(
                "GS_OUTBOX_NAME",
                SettingKind::Text,
                "Name of a delivered file, without its extension. Fields: {file} (the name in the archive), {start} (in \
                 local time) or with a format as for strftime(3), {sport}, {sub_sport}, {platform}, {id}, {name}, \
                 {distance_km}, {hash}. Characters that a file system forbids become -, and a name that was delivered before gets a \
                 number. Default: {file}.",
            )
            .example("'{start:%Y-%m-%d_%H-%M-%S}_{sport}'"),
            yes_no("GS_OUTBOX_GZIP", "1: files are delivered compressed, as NAME.fit.gz."),
        ],
    },
    SettingGroup {
        title: "Exports",
        intro: "",
        settings: &[
            setting(
                "GS_PRIVACY_ZONES",
                SettingKind::Text,
                "Zones that no track of gs-export enters or crosses, each LAT,LON,METRES: a center in degrees and a \
                 radius; separated by semicolons or spaces. The edge of a zone shows where its center is, so choose a \
                 center beside your home. The records of gs-fit have all positions.",
            )
            .example("'52.5163,13.3777,400; 48.1374,11.5755,300'"),
        ],
    },
    SettingGroup {
        title: "Files and folders",
        intro: "",
        settings: &[
            setting(
                "DATA_DIR",
                SettingKind::Path,
                "Data folder: catalogue, archive and tokens of one person. A second account of the same service needs \
                 a second folder. Default: garminsync in $XDG_DATA_HOME, or in ~/.local/share.",
            )
            .example("/srv/garminsync")
            .shared(),
            setting(
                "DB_PATH",
                SettingKind::Path,
                "File of the catalogue. --data-dir overrides this setting. Default: catalogue.sqlite in the data \
                 folder.",
            )
            .example("/srv/garminsync/catalogue.sqlite")
            .shared(),
            setting(
                "GS_REPORT_DIR",
                SettingKind::Path,
                "Folder of the page that gs-report writes. Default: report in the data folder.",
            )
            .example("/srv/www/sport"),
            yes_no("GS_REPORT_REFRESH", "1: the page reloads itself every 30 seconds."),
            setting(
                "GS_PAGE_HOSTS",
                SettingKind::List,
                "More host names of this machine under which garminsync daemon serves the page, separated by commas. \
                 It always serves localhost, the host name and the addresses of the machine. A request for any other \
                 name gets an error, so that a foreign web page cannot read the page through your browser.",
            )
            .example("nas.lan,sport.example.org"),
        ],
    },
    SettingGroup {
        title: "Requests and limits",
        intro: "",
        settings: &[
            number(
                "GARMIN_NEWEST_NUM",
                0,
                "How many of the newest activities the first gs-fetch of a Garmin account lists. Later runs list all \
                 activities that are new; --since and --until select by time alone. 0: all.",
            )
            .example("10000"),
            duration(
                "GS_REQUEST_INTERVAL",
                2,
                "Minimum time between two requests to one platform, over all programs that use the data folder. The stores \
                 of COROS' files keep it apart from its API. A time span is written as 2s, 500ms or 1m 30s; a number \
                 without a unit is seconds.",
            ),
            // 12 requests at once were limited, one in half a second was not (reviewed 2026-11-29).
            duration(
                "GARMIN_PERSONAL_API_INTERVAL",
                1,
                "Minimum time between two requests to Garmin with an API key, if it is longer than GS_REQUEST_INTERVAL: \
                 Garmin limits these requests strictly.",
            ),
            time_limit(
                "GS_TIMEOUT",
                60,
                "Time limit for a connection, for the first bytes of a response, and for its next bytes. A response slower \
                 than 512 bytes a second over this time is aborted. The time limit of a whole response is five times \
                 this value, plus one second per 16 KiB of its maximum size, and at least two hours for a file.",
            ),
            // python-garminconnect waits 2 s to 5 s (reviewed 2026-11-29).
            duration(
                "GS_LOGIN_PAUSE",
                2,
                "Pause between Garmin's sign-in page and the password, in which a person would type. The actual pause \
                 is random, up to two and a half times as long.",
            ),
            duration(
                "GS_RETRY_WAIT",
                2,
                "Pause before a failed read request is tried again. Each further pause is twice as long. A request is \
                 tried four times in all.",
            ),
            duration(
                "GS_MAX_RETRY_AFTER",
                300,
                "Longest wait that a service may ask for. If a service asks for a longer one, the run ends with exit \
                 code 75.",
            )
            .formerly(&["GS_PATIENCE"]),
            duration(
                "GS_LOCK_TIMEOUT",
                30,
                "How long to wait for another program that holds the lock of the catalogue or of the archive.",
            )
            .formerly(&["GS_LOCK_WAIT"]),
        ],
    },
    SettingGroup {
        title: "Network",
        intro: "",
        settings: &[
            setting(
                "HTTPS_PROXY",
                SettingKind::Proxy,
                "Proxy for all requests: http://HOST:PORT, https://, socks5:// or socks4a://, with USER:PASSWORD@ \
                 before the host if the proxy requires a login. As with curl, HTTPS_PROXY takes precedence over \
                 ALL_PROXY, and a name in lower case over the same name in capitals. HTTP_PROXY is not used, because \
                 every request is https. The proxy resolves the host names of the services. If the proxy cannot be \
                 used, the run ends with exit code 78: no request bypasses it.",
            )
            .example("http://127.0.0.1:7890")
            .or("https_proxy")
            .shared(),
            setting("ALL_PROXY", SettingKind::Proxy, "Proxy for all requests, if HTTPS_PROXY is not set.")
                .example("socks5://127.0.0.1:1080")
                .or("all_proxy")
                .shared(),
            setting(
                "NO_PROXY",
                SettingKind::List,
                "Hosts that are reached without the proxy: host names with all names below them, addresses and \
                 networks, each optionally with :PORT, separated by commas. * means all hosts.",
            )
            .example("localhost,.lan,192.168.0.0/16")
            .or("no_proxy")
            .shared(),
            setting(
                "SSL_CERT_FILE",
                SettingKind::Path,
                "PEM file of the certificate authorities that replace those of the system.",
            )
            .example("/etc/ssl/own.pem")
            .shared(),
            setting(
                "SSL_CERT_DIR",
                SettingKind::Paths,
                "Folders of PEM files with such certificate authorities, separated by colons.",
            )
            .example("/etc/ssl/own")
            .shared(),
        ],
    },
    SettingGroup {
        title: "Schedule",
        intro: "These settings are for garminsync daemon and garminsync schedule; see docs/scheduling.md.",
        settings: &[
            setting(
                "GS_SCHEDULE_COMMAND",
                SettingKind::Choice(&["sync", "download"]),
                "What a scheduled run does: sync runs gs-sync --archive; download archives new activities, and uploads \
                 and deletes nothing.",
            )
            .formerly(&["GS_SCHEDULED"]),
            duration(
                "GS_SCHEDULE_JITTER",
                600,
                "A scheduled run first waits a random part of this time, so that not all users send requests in the \
                 same second. The wait is at most a tenth of the time until the next run. 0: no wait.",
            )
            .formerly(&["GS_JITTER"]),
        ],
    },
    SettingGroup {
        title: "Notifications",
        intro: "These settings are for gs-notify; see docs/notifications.md. A channel receives messages as soon as its key \
                or address is set. Keys, tokens and addresses can also be given as NAME_FILE or NAME_COMMAND. A web \
                address must begin with https://.",
        settings: &[
            setting("QYWX_BOT_KEY", SettingKind::Key, "Enterprise WeChat: key of the bot, or its complete address.")
                .example("693a91f6-7000-4000-8000-000000000000"),
            setting(
                "QYWX_FORMAT",
                SettingKind::Choice(&["text", "markdown"]),
                "Enterprise WeChat: text (at most 2048 bytes) or markdown (at most 4096 bytes).",
            ),
            setting("NTFY_URL", SettingKind::Key, "ntfy: a topic of ntfy.sh, or a complete address.")
                .example("https://ntfy.sh/my-secret-topic")
                .shared(),
            setting("NTFY_TOKEN", SettingKind::Key, "ntfy: access token, if the topic requires one.")
                .example("tk_000000000000000000000000000000")
                .shared(),
            setting(
                "TELEGRAM_BOT_TOKEN",
                SettingKind::Key,
                "Telegram: token of the bot. TELEGRAM_CHAT_ID is required too.",
            )
            .example("123456:ABC-DEF")
            .shared(),
            setting("TELEGRAM_CHAT_ID", SettingKind::Address, "Telegram: chat that receives the messages.")
                .example("-1001234567890")
                .shared(),
            setting("SLACK_WEBHOOK_URL", SettingKind::Key, "Slack: address of the incoming webhook.")
                .example("https://hooks.slack.com/services/T000/B000/XXXX")
                .shared(),
            setting("DISCORD_WEBHOOK_URL", SettingKind::Key, "Discord: address of the webhook.")
                .example("https://discord.com/api/webhooks/000/XXXX")
                .shared(),
            setting("BARK_KEY", SettingKind::Key, "Bark: the device key, or the address that the app shows.")
                .example("XXXXXXXXXXXXXXXXXXXXXX")
                .shared(),
            setting("SERVERCHAN_KEY", SettingKind::Key, "ServerChan: key of the form SCT… or sctp…t….")
                .example("SCT000TXXXX")
                .shared(),
            setting("DINGTALK_TOKEN", SettingKind::Key, "DingTalk: access token of the bot, or its complete address.")
                .example("0000")
                .shared(),
            setting("DINGTALK_SECRET", SettingKind::Key, "DingTalk: secret of the bot, if it requires signatures.")
                .example("SEC0000")
                .shared(),
            setting("FEISHU_HOOK", SettingKind::Key, "Feishu: id of the bot, or its complete address.")
                .example("00000000-0000-0000-0000-000000000000")
                .shared(),
            setting("FEISHU_SECRET", SettingKind::Key, "Feishu: secret of the bot, if it requires signatures.")
                .example("XXXX")
                .shared(),
            setting("WEBHOOK_URL", SettingKind::Key, "Address of your own script, which receives JSON.")
                .example("https://example.org/garminsync")
                .shared(),
            setting("WEBHOOK_SECRET", SettingKind::Key, "Secret that signs the JSON for WEBHOOK_URL.")
                .example("XXXX")
                .shared(),
            setting(
                "HEALTHCHECKS_URL",
                SettingKind::Key,
                "Healthchecks, or a compatible service: address that is pinged after every run. The service raises an \
                 alarm when no ping arrives.",
            )
            .example("https://hc-ping.com/00000000-0000-0000-0000-000000000000")
            .shared(),
            setting(
                "GS_NOTIFY_ON",
                SettingKind::Choice(&["change", "failure", "always"]),
                "When messages are sent: change (something was added or deleted, or the failures changed), failure \
                 (there is a new failure), or always.",
            ),
            setting(
                "GS_LANG",
                SettingKind::Text,
                "Language of the messages and of the page: en or zh. Default: the language of LC_ALL, LC_MESSAGES or \
                 LANG.",
            )
            .example("en"),
        ],
    },
    SettingGroup {
        title: "Tokens of other tools",
        intro: "gs-auth import looks here first, and then in the usual places of these tools.",
        settings: &[
            setting("GARMINTOKENS", SettingKind::TokenPath, "Folder or file of garminconnect, or its token as text.")
                .example("/home/me/.garminconnect"),
            setting("GARTH_HOME", SettingKind::Path, "Folder of garth.").example("/home/me/.garth"),
            setting(
                "GARTH_TOKEN",
                SettingKind::TokenText,
                "Token of garth as text; also as GARTH_TOKEN_FILE or GARTH_TOKEN_COMMAND.",
            ),
        ],
    },
    SettingGroup {
        title: "Special cases",
        intro: "",
        settings: &[
            setting(
                "GARMIN_DI_CLIENT_ID",
                SettingKind::Text,
                "Client id for tokens of Garmin, in case Garmin retires the built-in one.",
            )
            .example("GARMIN_CONNECT_MOBILE_ANDROID_DI_2025Q2"),
            setting(
                "GS_LOOPBACK",
                SettingKind::Text,
                "Sends every request to a simulator on this machine instead of the services; scripts/demo and the \
                 tests use it. Only an address of this machine is accepted.",
            )
            .example("http://127.0.0.1:8099"),
            setting(
                "GS_RUN",
                SettingKind::Text,
                "Id of a run in the sync log. All commands of one pipeline share one id; the scripts set it.",
            ),
        ],
    },
];

/// Variables that only the environment can set. A line in the `.env` file has no effect.
pub const VARIABLES: &[Setting] = &[
    setting("XDG_CONFIG_HOME", SettingKind::Path, "Folder in which garminsync/.env is looked for. Default: ~/.config.")
        .shared(),
    setting(
        "XDG_DATA_HOME",
        SettingKind::Path,
        "Folder in which the data folder garminsync is created. Default: ~/.local/share.",
    )
    .shared(),
    yes_no(
        "GS_ENV_STRIP_QUOTES",
        "1: quotes around a whole value of the environment are removed, because docker --env-file keeps them. The \
         container sets it.",
    )
    .formerly(&["GS_UNQUOTE"]),
    setting(
        "GS_FOREGROUND",
        SettingKind::Text,
        "If not empty, garminsync daemon --start needs no cron and stays in the foreground. The container sets it.",
    ),
    setting("TZ", SettingKind::Text, "Time zone of gs-schedule, unless a flag names one.").shared(),
    setting("NO_COLOR", SettingKind::Text, "If not empty, tables have no lines and no bold headings.").shared(),
];

/// All settings of [`SETTINGS`], group by group.
pub fn all() -> impl Iterator<Item = &'static Setting> {
    SETTINGS.iter().flat_map(|group| group.settings)
}
