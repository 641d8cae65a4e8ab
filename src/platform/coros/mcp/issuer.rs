//! The regional host of an account. The gateway names it, and client ids and tokens are valid only there. Pure.

use crate::http::{Request, Response, limit};
use crate::platform::{Error, Result, lenient_json};

/// The gateway's document that names the regional issuer.
const DISCOVERY: &str = "https://mcp.coros.com/.well-known/openid-configuration";

/// An issuer: the address of a regional host, such as `https://mcpeu.coros.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer(String);

impl Issuer {
    /// Reads an address. Only hosts such as `mcpeu.coros.com` are accepted, because the host receives the token; known
    /// are `mcpus`, `mcpeu` and `mcpcn` (coroslab/COROS-MCP; reviewed 2026-11-29).
    pub fn parse(text: &str) -> Option<Issuer> {
        let address = text.trim().trim_end_matches('/');
        let region = address.strip_prefix("https://mcp")?.strip_suffix(".coros.com")?;
        let is_region = (2..=4).contains(&region.len()) && region.bytes().all(|byte| byte.is_ascii_lowercase());
        is_region.then(|| Issuer(address.to_owned()))
    }

    /// The address, without a slash at its end.
    pub fn address(&self) -> &str {
        &self.0
    }

    /// The host.
    pub fn host(&self) -> &str {
        self.0.trim_start_matches("https://")
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

/// The request for the regional issuer. It has no account, so the service can only choose by the caller's network.
pub fn discovery_request() -> Request {
    Request::get(DISCOVERY).header("Accept", "application/json").limit(limit::SMALL)
}

/// Reads the response of the gateway.
///
/// # Errors
/// [`Error::Retry`] without a document; [`Error::Unexpected`]: it names no host of COROS.
pub fn read_discovery(response: &Response) -> Result<Issuer> {
    let document = lenient_json::parse(&response.body).filter(|body| response.status == 200 && body.is_object());
    let Some(document) = document else {
        return Err(Error::retry_platform(format!(
            "mcp.coros.com does not name the host of your region (HTTP {}); try again later",
            response.status
        )));
    };
    let issuer = document["issuer"].as_str().and_then(Issuer::parse);
    issuer.ok_or_else(|| {
        Error::Unexpected("mcp.coros.com names an unknown host for your region; update garminsync".into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regional_hosts_of_coros_are_issuers() {
        assert_eq!(Issuer::parse("https://mcpeu.coros.com/").unwrap().host(), "mcpeu.coros.com");
        assert_eq!(Issuer::parse("https://mcpus.coros.com").unwrap().url("/mcp"), "https://mcpus.coros.com/mcp");
        for bad in [
            "http://mcpus.coros.com",
            "https://mcp.coros.com",
            "https://mcpus.coros.com.evil.example",
            "https://mcpus.coros.com@evil.example",
            "https://mcpus.coros.com:8443",
            "https://mcpus.coros.com/x",
            "https://evilmcpus.coros.com",
            "",
        ] {
            assert_eq!(Issuer::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_gateway_names_the_issuer() {
        let read = |status, body: &str| read_discovery(&Response { status, headers: Vec::new(), body: body.into() });
        assert_eq!(read(200, r#"{"issuer":"https://mcpcn.coros.com"}"#).unwrap().host(), "mcpcn.coros.com");
        assert!(matches!(read(200, r#"{"issuer":"https://evil.example"}"#), Err(Error::Unexpected(_))));
        for (status, body) in [(200, "<html>"), (503, "{}"), (404, r#"{"issuer":"https://mcpcn.coros.com"}"#)] {
            assert!(matches!(read(status, body), Err(Error::Retry { platform_wide: true, .. })), "{status} {body}");
        }
    }
}
