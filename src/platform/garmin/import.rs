//! Reads the tokens of other tools, and the ticket of a browser login.
//!
//! The forms (each is in wide use): garminconnect >= 0.3 `garmin_tokens.json`; garth's two files in a folder, or their
//! base64; pirate-garmin's `native-oauth2.json`; a bare ticket `ST-…`; a URL with `ticket=`; the sign-in's JSON
//! response.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::domain::{CN, COM, Domain};
use super::login::DI_CLIENT;
use super::token::{OAuth1, Token, base64_text, claims};
use crate::http::Secret;
use crate::platform::{Error, Result};

/// An imported token or ticket.
pub enum Imported {
    /// A token.
    Token(Box<Token>),
    /// A ticket and its service.
    Ticket(Secret, String),
}

/// Reads `text`, for an account on `domain`.
pub fn parse(text: &str, domain: &Domain, now: Timestamp) -> Result<Imported> {
    let text = text.trim_start_matches('\u{feff}').trim().trim_matches(['"', '\'']).trim();
    if let Ok(json) = serde_json::from_str::<Value>(text) {
        return from_json(&json, domain, now);
    }
    if let Some(ticket) = ticket_in(text) {
        let service = service_of(text, domain)?;
        return Ok(Imported::Ticket(Secret::new(ticket), service));
    }
    if let Some(json) = base64_text(text).and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok()) {
        return from_json(&json, domain, now);
    }
    Err(Error::Input(
        "not a Garmin token: expected a token file of garminconnect, garth or pirate-garmin, or a ticket (ST-…), \
         alone or in a URL or JSON; see gs-auth import --help"
            .into(),
    ))
}

fn from_json(json: &Value, domain: &Domain, now: Timestamp) -> Result<Imported> {
    if let Some(ticket) = json["serviceTicketId"].as_str() {
        let service =
            json["serviceURL"].as_str().map_or_else(|| Ok(domain.android_service()), |url| of_domain(url, domain))?;
        return Ok(Imported::Ticket(Secret::new(ticket), service));
    }
    let token = if json["di_token"].is_string() {
        let answer = json!({"access_token": json["di_token"], "refresh_token": json["di_refresh_token"]});
        let client = json["di_client_id"].as_str().unwrap_or(DI_CLIENT);
        Token::from_response(&answer, domain, client, "garminconnect", now)
    } else if json["di"]["token"].is_object() {
        let client = json["di"]["clientId"].as_str().unwrap_or(DI_CLIENT);
        Token::from_response(&absolute(&json["di"]["token"], &json["createdAt"]), domain, client, "pirate-garmin", now)
    } else if let Some([oauth1, oauth2]) = json.as_array().map(Vec::as_slice) {
        garth(oauth1, oauth2, domain, now)?
    } else {
        None
    };
    let mut token = token.ok_or_else(|| Error::Input("no Garmin token in this JSON".into()))?;
    check_domain(&mut token, domain)?;
    Ok(Imported::Token(Box::new(token)))
}

/// Makes the lifetimes of a saved response absolute: they start when the file was made, not now.
fn absolute(token: &Value, created: &Value) -> Value {
    let mut token = token.clone();
    let created =
        created.as_str().and_then(|text| text.parse::<Timestamp>().ok()).map(Timestamp::as_second).or_else(|| {
            // Some versions write milliseconds.
            created.as_i64().map(|n| if n > 100_000_000_000 { n / 1000 } else { n })
        });
    for (span, point) in [("expires_in", "expires_at"), ("refresh_token_expires_in", "refresh_token_expires_at")] {
        if let (Some(created), Some(seconds), true) = (created, token[span].as_i64(), token[point].is_null()) {
            token[point] = json!(created + seconds);
        }
    }
    token
}

fn garth(oauth1: &Value, oauth2: &Value, domain: &Domain, now: Timestamp) -> Result<Option<Token>> {
    let Some(mut token) = Token::from_response(oauth2, domain, DI_CLIENT, "garth", now) else { return Ok(None) };
    // garth renews with the OAuth1 token alone; it never uses the refresh token of the OAuth2 token.
    token.refresh_token = None;
    token.oauth1 = serde_json::from_value::<OAuth1>(oauth1.clone()).ok();
    if let Some(domain) = oauth1["domain"].as_str() {
        token.domain = domain.to_owned();
    }
    Ok(Some(token))
}

/// Checks that the token belongs to `domain`, because the other domain would reject it like an invalid token.
fn check_domain(token: &mut Token, domain: &Domain) -> Result<()> {
    let issuer = claims(&token.access_token)["iss"].as_str().map(str::to_owned);
    let own = match issuer {
        Some(issuer) if issuer.contains(CN.name) => CN.name.to_owned(),
        Some(issuer) if issuer.contains(COM.name) => COM.name.to_owned(),
        _ => token.domain.clone(),
    };
    if own != domain.name {
        let other = if own == CN.name { CN.platform } else { COM.platform };
        return Err(Error::Input(format!("this token belongs to {own}; use --platform {other}")));
    }
    token.domain = own;
    Ok(())
}

fn ticket_in(text: &str) -> Option<&str> {
    let start = if text.starts_with("ST-") { 0 } else { text.find("ticket=ST-")? + "ticket=".len() };
    let rest = &text[start..];
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-._".contains(c))).unwrap_or(rest.len());
    Some(&rest[..end])
}

/// The service URL of a pasted ticket: from the text around it, else from the page that `browser_login` names.
fn service_of(text: &str, domain: &Domain) -> Result<String> {
    if text.starts_with("ST-") {
        return Ok(domain.android_service());
    }
    // The text of a page may contain the URL with escaped slashes.
    let text = text.replace("\\/", "/");
    let ticket = text.find("ticket=ST-").unwrap_or(0);
    let start = text[..ticket].rfind("https://").unwrap_or(0);
    let url = text[start..ticket].trim_end_matches(['?', '&']);
    if url.starts_with("https://") { of_domain(url, domain) } else { Ok(domain.android_service()) }
}

fn of_domain(url: &str, domain: &Domain) -> Result<String> {
    let host = url.split('/').nth(2).unwrap_or("");
    if host == domain.name || host.ends_with(&format!(".{}", domain.name)) {
        return Ok(url.to_owned());
    }
    let other = if domain.name == COM.name { &CN } else { &COM };
    Err(Error::Input(format!("this ticket is for {host}, not for {}; use --platform {}", domain.name, other.platform)))
}

/// Where other tools store their tokens.
pub fn token_places(home: Option<&Path>, setting: &dyn Fn(&str) -> Option<PathBuf>) -> Vec<PathBuf> {
    let own = ["GARMINTOKENS", "GARTH_HOME"].into_iter().filter_map(setting);
    let below = [".garminconnect", ".garth", ".local/share/pirate-garmin"];
    own.chain(below.iter().filter_map(|name| home.map(|home| home.join(name)))).collect()
}

/// The text to import from a file or a folder of another tool; `None` if the folder holds none.
pub fn read_token(path: &Path) -> std::io::Result<Option<Secret>> {
    let read = |path: &Path| std::fs::read_to_string(path).map(Secret::new);
    if !path.is_dir() {
        // If one file of a garth pair is named, both are read.
        let of_garth = path.file_name().is_some_and(|name| name == "oauth1_token.json" || name == "oauth2_token.json");
        return if of_garth { read_token(path.parent().unwrap_or(Path::new("."))) } else { read(path).map(Some) };
    }
    for name in ["garmin_tokens.json", "native-oauth2.json"] {
        if path.join(name).is_file() {
            return read(&path.join(name)).map(Some);
        }
    }
    let (oauth1, oauth2) = (path.join("oauth1_token.json"), path.join("oauth2_token.json"));
    if oauth1.is_file() && oauth2.is_file() {
        let pair = format!("[{},{}]", read(&oauth1)?.expose(), read(&oauth2)?.expose());
        return Ok(Some(Secret::new(pair)));
    }
    // garmin-health-data has a folder for each account.
    let below = std::fs::read_dir(path)?.flatten().map(|entry| entry.path().join("garmin_tokens.json"));
    match below.filter(|file| file.is_file()).collect::<Vec<_>>().as_slice() {
        [only] => read(only).map(Some),
        _ => Ok(None),
    }
}

/// The token in a form that other tools import: garminconnect's, or garth's base64 for a garth token.
pub fn export(token: &Token) -> Secret {
    use base64::Engine as _;
    let text = match &token.oauth1 {
        Some(oauth1) => {
            let oauth2 = json!({
                "scope": "", "jti": claims(&token.access_token)["jti"], "token_type": "Bearer",
                "access_token": token.access_token, "refresh_token": "",
                "expires_in": 0, "expires_at": token.expires_at.unwrap_or(0),
                "refresh_token_expires_in": 0, "refresh_token_expires_at": 0,
            });
            base64::engine::general_purpose::STANDARD.encode(json!([oauth1, oauth2]).to_string())
        }
        None => json!({
            "di_token": token.access_token,
            "di_refresh_token": token.refresh_token,
            "di_client_id": token.client_id,
        })
        .to_string(),
    };
    Secret::new(text)
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
