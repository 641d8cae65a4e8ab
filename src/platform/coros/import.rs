//! Reads the token of the browser: alone, in its cookies, or in JSON. Pure.
//!
//! The web page sets the cookies `CPL-coros-token` and `CPL-coros-region` (README of coros-additional-mcp).

use serde_json::Value;

use super::region::region;
use super::response::digits;
use super::token::Token;
use crate::platform::{Error, Result};

const TOKEN_COOKIE: &str = "CPL-coros-token=";
const REGION_COOKIE: &str = "CPL-coros-region=";
/// The shortest text that is read as a token.
const SHORTEST: usize = 12;

/// Reads `text`. If it names a region, the token is tried there first.
pub fn parse(text: &str) -> Result<Token> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let (token, region_id) = if let Ok(json @ Value::Object(_)) = serde_json::from_str::<Value>(text) {
        from_json(&json)
    } else if text.contains(TOKEN_COOKIE) {
        (cookie(text, TOKEN_COOKIE), cookie(text, REGION_COOKIE).and_then(|id| id.parse().ok()))
    } else {
        (Some(text.trim_matches(['"', '\'']).to_owned()), None)
    };
    let access_token = token.filter(|token| is_token(token)).ok_or_else(|| {
        Error::Input(
            "not a COROS token: expected a token, the cookies of its web page (CPL-coros-token=…), or JSON with an accessToken; see gs-auth login --browser --platform coros"
                .into(),
        )
    })?;
    let region = region_id.filter(|id| region(*id).is_ok());
    Ok(Token { access_token, region, user_id: None, user: None, email: None, source: "browser".into(), dead: None })
}

fn from_json(json: &Value) -> (Option<String>, Option<u32>) {
    let at = if json["data"].is_object() { &json["data"] } else { json };
    let token = ["accessToken", "access_token", "CPL-coros-token"].iter().find_map(|name| at[*name].as_str());
    let region = ["regionId", "CPL-coros-region"].iter().find_map(|name| digits(&at[*name])?.parse().ok());
    (token.map(str::to_owned), region)
}

fn cookie(text: &str, name: &str) -> Option<String> {
    let rest = &text[text.find(name)? + name.len()..];
    let end = rest.find(|c: char| c == ';' || c == '"' || c == '\'' || c.is_whitespace()).unwrap_or(rest.len());
    Some(rest[..end].to_owned())
}

/// Whether the text can be a token. A token is sent in a header, so other characters are not allowed.
fn is_token(text: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_graphic() && !b"\"'{}<>;,\\".contains(&byte);
    (SHORTEST..=4096).contains(&text.len()) && text.bytes().all(is_fit) && !text.contains("://")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, Option<u32>) {
        let token = parse(text).unwrap_or_else(|error| panic!("{error}"));
        (token.access_token, token.region)
    }

    #[test]
    fn a_token_is_read_from_text_cookies_and_json() {
        let token = "0123456789ABCDEF0123".to_owned();
        assert_eq!(read("  0123456789ABCDEF0123\n"), (token.clone(), None));
        assert_eq!(read("\"0123456789ABCDEF0123\""), (token.clone(), None));
        assert_eq!(read("CPL-coros-token=0123456789ABCDEF0123"), (token.clone(), None));
        let header = "Cookie: lang=en; CPL-coros-region=2; CPL-coros-token=0123456789ABCDEF0123; x=y";
        assert_eq!(read(header), (token.clone(), Some(2)));
        assert_eq!(read(r#"{"accessToken":"0123456789ABCDEF0123","regionId":3}"#), (token.clone(), Some(3)));
        let answer = r#"{"result":"0000","data":{"accessToken":"0123456789ABCDEF0123","regionId":"4"}}"#;
        assert_eq!(read(answer), (token.clone(), Some(4)));
        let odd = "CPL-coros-token=0123456789ABCDEF0123;CPL-coros-region=77";
        assert_eq!(read(odd), (token, None), "an unknown region is ignored");
    }

    #[test]
    fn an_exported_token_can_be_imported() {
        let token = parse("CPL-coros-token=0123456789ABCDEF0123; CPL-coros-region=3").unwrap();
        assert_eq!(read(token.export().expose()), ("0123456789ABCDEF0123".into(), Some(3)));
    }

    #[test]
    fn anything_else_is_an_error_that_does_not_quote_it() {
        for text in
            ["", "hello", "{}", "[1]", "<html>what is this</html>", "two words of text", "https://t.coros.com/x"]
        {
            let error = parse(text).err().unwrap();
            assert!(matches!(&error, Error::Input(words) if !words.contains("hello")), "{text}: {error}");
        }
    }
}
