//! The behaviour of COROS MCP in a scenario.

use super::prose::ProseSpec;
use serde::{Deserialize, Serialize};

/// A region, which has an issuer of its own. There is none in Singapore (public clients, 2026-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum McpRegion {
    /// United States.
    Us,
    /// Europe.
    Eu,
    /// China.
    Cn,
}

impl McpRegion {
    /// All regions.
    pub const ALL: [McpRegion; 3] = [McpRegion::Us, McpRegion::Eu, McpRegion::Cn];

    /// The region of an account of the Training Hub, by the Training Hub's number.
    pub fn of(hub: u32) -> Self {
        match hub {
            2 => McpRegion::Cn,
            3 => McpRegion::Eu,
            _ => McpRegion::Us,
        }
    }

    /// Its host.
    pub fn host(self) -> &'static str {
        match self {
            McpRegion::Us => "mcpus.coros.com",
            McpRegion::Eu => "mcpeu.coros.com",
            McpRegion::Cn => "mcpcn.coros.com",
        }
    }
}

/// How the MCP endpoint sends its answers. A client has to accept all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// `application/json`.
    #[default]
    Json,
    /// `text/event-stream` with one event.
    Sse,
    /// The same with CRLF as the end of lines.
    SseCrlf,
    /// The same with CR as the end of lines, a byte order mark, and capitals in the media type.
    SseCr,
    /// The same with several `data:` lines.
    SseLines,
    /// A comment and a notification come before the answer.
    SseNoise,
    /// The answer to another request comes before the answer. The standard does not allow it, and COROS' login helper
    /// is ready for it (2026-06).
    SseOther,
}

/// How the 24 hours of the quota are counted; the sources disagree (COROS' README and public clients, 2026-08 and -09).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuotaWindow {
    /// 24 hours from the first request; then a new window begins with the next request.
    #[default]
    FromFirst,
    /// The last 24 hours.
    Rolling,
    /// A day of UTC.
    Day,
}

/// The answer to a download that gives no file: because the quota is spent, or because the activity has none.
/// The two look the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoFile {
    /// Only the text that is beside every file.
    #[default]
    Advice,
    /// `COROS did not return a FIT file URL for labelId: …`
    Sentence,
    /// No content at all.
    Nothing,
}

/// What a download contains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blob {
    /// The file.
    #[default]
    Whole,
    /// The file with one bit flipped.
    FlippedBit,
    /// The first half of the file.
    Half,
    /// The file, with its base64 in lines, in the alphabet of URLs, and without padding.
    Lines,
    /// The file under the number of another activity.
    OtherLabel,
    /// A web page.
    Page,
    /// Text that is not base64.
    NotBase64,
}

/// An error that a tool reports as an ordinary result, with `isError` false, but for the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// `COROS API is temporarily unavailable. …`
    Unavailable,
    /// `Tool call anomalies detected. …`
    Anomalies,
    /// The text of a Java exception.
    Exception,
    /// `Session not found: …`
    Session,
    /// A sentence that no client knows.
    Unknown,
    /// The result as it is without the failure, with `isError` true. Nobody has seen it.
    Marked,
}

/// The next calls of a tool fail.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failing {
    /// The tool; absent: any.
    #[serde(default)]
    pub tool: Option<String>,
    /// How they fail.
    pub with: Failure,
    /// How many calls.
    #[serde(default = "one")]
    pub count: u32,
}

fn one() -> u32 {
    1
}

/// The behaviour of COROS MCP.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct McpSpec {
    /// The region that the gateway names; absent: the region of the scenario's first COROS account. What chooses it
    /// is not known; as nobody is logged in at that time, it can only be the caller's network.
    pub region: Option<McpRegion>,
    /// The gateway names this issuer, whatever it is.
    pub issuer: Option<String>,
    /// Whoever opens a login page is logged in as the first account at once; else the page shows a form.
    pub approves: bool,
    /// `intervalSeconds` of a login session; absent: the field is missing.
    pub poll_interval: Option<u64>,
    /// How long a login session can be used, in seconds.
    pub login_life: i64,
    /// Lifetime of login tickets and authorization codes in seconds.
    pub code_life: i64,
    /// Lifetime of an access token in seconds: about 30 days (public clients, 2026).
    pub access_token_life: i64,
    /// Lifetime of a refresh token in seconds.
    pub refresh_token_life: i64,
    /// Token responses lack `expires_in`.
    pub without_expires_in: bool,
    /// The second use of a refresh token ends all tokens of its login.
    pub reuse_ends_login: bool,
    /// How answers are sent.
    pub transport: Transport,
    /// Sessions as before 2026-06-24: `initialize` gives an `Mcp-Session-Id`, which all other requests need.
    pub sessions: bool,
    /// `POST /mcp` is a 307 to this address.
    pub moved_to: Option<String>,
    /// Tools that do not exist any more.
    pub tools_gone: Vec<String>,
    /// The list of tools has pages of this size.
    pub tools_page: Option<usize>,
    /// The schema of `querySportRecords` has the argument `timezone`, as the newer one does.
    pub timezone: bool,
    /// The largest number of activities in a list. 500 is known to work (public clients, 2026-08).
    pub list_cap: usize,
    /// FIT files of an account in 24 hours, by downloads and addresses together.
    pub quota: u32,
    /// How the 24 hours are counted.
    pub quota_window: QuotaWindow,
    /// The answer without a file.
    pub no_file: NoFile,
    /// The contents of downloads.
    pub blob: Blob,
    /// The next calls fail.
    pub failing: Vec<Failing>,
    /// The wording of answers.
    pub prose: ProseSpec,
}

impl Default for McpSpec {
    fn default() -> Self {
        McpSpec {
            region: None,
            issuer: None,
            approves: false,
            poll_interval: Some(3),
            login_life: 300,
            code_life: 60,
            access_token_life: 30 * 86_400,
            refresh_token_life: 180 * 86_400,
            without_expires_in: false,
            reuse_ends_login: true,
            transport: Transport::Json,
            sessions: false,
            moved_to: None,
            tools_gone: Vec::new(),
            tools_page: None,
            timezone: true,
            list_cap: 500,
            quota: 50,
            quota_window: QuotaWindow::FromFirst,
            no_file: NoFile::Advice,
            blob: Blob::Whole,
            failing: Vec::new(),
            prose: ProseSpec::default(),
        }
    }
}
