//! The simulator against requests as the real clients send them.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

mod api;
mod coros;
mod faults;
mod fit;
mod four;
mod import;
mod intervals;
mod intervals_faults;
mod intervals_files;
mod intervals_push;
mod intervals_upload;
mod legacy;
mod lies;
mod login;
mod mcp;
mod mcp_fit;
mod mcp_list;
mod mcp_login;
mod mcp_prose;
mod mcp_rpc;
mod mcp_tokens;
mod meanwhile;
mod notify;
mod personal;
mod personal_data;
mod personal_health;
mod sign;
mod tls;
mod together;
mod tokens;
mod upload;
mod widget;
