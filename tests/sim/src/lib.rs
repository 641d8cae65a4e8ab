//! The simulator of garminsync: simulates Garmin Connect, garmin.com and garmin.cn, COROS and
//! intervals.icu on one loopback port, and rejects what the real service would reject.
//!
//! A request for `https://HOST/PATH?QUERY` is sent as `/HOST/PATH?QUERY`:
//!
//! ```
//! let sim = gs_sim::Scenario::default_garmin(3, 1).start();
//! let token = sim.with(|state| state.issue_token("garmin.com"));
//! assert!(sim.base_url().starts_with("http://127.0.0.1:"));
//! assert!(token["di_token"].is_string());
//! ```

pub mod clock;
mod control;
pub mod coros;
pub mod coros_mcp;
mod exchange;
mod fault;
pub mod fit;
pub mod garmin;
mod http;
pub mod intervals;
mod log;
pub mod notify;
pub mod personal;
mod proxy;
mod scenario;
mod server;
mod services;
mod sim;
mod state;
pub mod store;
pub mod tls;
mod together;
mod unzip;
pub mod zipfile;

pub use coros::spec::{CorosActivitySpec, CorosLogin, CorosSpec, Days, ImportSpec, ListSpec};
pub use coros::sts::{MARKER, StsSpec};
pub use coros_mcp::grants::McpVisit;
pub use coros_mcp::prose::{Changed, Location, Part, ProseSpec, Wrap};
pub use coros_mcp::spec::{Blob, Failing, Failure, McpRegion, McpSpec, NoFile, QuotaWindow, Transport};
pub use fault::{Change, Effect, Fault, Match, When};
pub use garmin::activity::sha256;
pub use garmin::upload::{Dropped, UploadAnswer, UploadSpec};
pub use intervals::spec::{FileForm, IntervalsActivitySpec, IntervalsLimits, IntervalsSpec, IntervalsUpload};
pub use intervals::state::IntervalsActivity;
pub use log::LoggedRequest;
pub use notify::{Message, NotifySpec};
pub use personal::spec::{BurstSpec, KeySpec, PersonalSpec, TokenAnswer};
pub use scenario::{AccountSpec, ActivitySpec, HISTORY_END, LoginMode, Paging, Scenario};
pub use sim::Sim;
pub use state::State;
pub use together::Groups;
