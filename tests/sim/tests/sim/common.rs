//! A client over raw sockets, which sends only what a test passes to it.

use gs_sim::Sim;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;

pub const IPHONE: &str =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148";
pub const COM: &str = "garmin.com";

/// A response; `complete` is whether the body is as long as the head says.
#[derive(Debug, Default)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
    pub complete: bool,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<String> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    }

    pub fn cookies(&self) -> String {
        let set = self.head.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
        set.map(|line| line.split(';').next().unwrap()).collect::<Vec<_>>().join("; ")
    }
}

pub fn send(sim: &Sim, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Option<Answer> {
    send_bytes(sim, method, target, headers, body.as_bytes())
}

/// A body of `multipart/form-data` with the boundary `cut`, and its type.
pub fn multipart(name: &str, file: Option<&str>, bytes: &[u8]) -> (&'static str, Vec<u8>) {
    let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
    let head = format!("--cut\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
    let body = [head.as_bytes(), bytes, b"\r\n--cut--\r\n"].concat();
    ("multipart/form-data; boundary=cut", body)
}

pub fn send_bytes(sim: &Sim, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Answer> {
    let address = sim.base_url().replace("http://", "");
    let mut stream = TcpStream::connect(address).unwrap();
    let mut text = format!("{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    stream.write_all(&[text.as_bytes(), body].concat()).unwrap();
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    parse(&bytes)
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut answer = Answer { status: head.get(9..12)?.parse().ok()?, head, ..Answer::default() };
    let rest = &bytes[end + 4..];
    if answer.header("transfer-encoding").is_some() {
        answer.complete = rest.ends_with(b"0\r\n\r\n");
        answer.body = unchunk(rest);
    } else {
        let length: usize = answer.header("content-length").map_or(0, |l| l.parse().unwrap());
        answer.complete = rest.len() == length;
        answer.body = rest.to_vec();
    }
    Some(answer)
}

fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(line) = rest.windows(2).position(|w| w == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
        body.extend_from_slice(&rest[line + 2..line + 2 + size]);
        rest = &rest[line + 4 + size..];
        if size == 0 {
            break;
        }
    }
    body
}

/// Sends a request to the API of a domain.
pub fn api(sim: &Sim, domain: &str, method: &str, path: &str, token: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("User-Agent", "GCM-Android-5.23"), ("Authorization", bearer.as_str())];
    send(sim, method, &format!("/connectapi.{domain}{path}"), &headers, "").unwrap()
}

pub fn get(sim: &Sim, path: &str, token: &str) -> Answer {
    api(sim, COM, "GET", path, token)
}

pub fn token(sim: &Sim, domain: &str) -> String {
    sim.with(|state| state.issue_token(domain))["di_token"].as_str().unwrap().to_owned()
}

pub fn labelled(sim: &Sim, label: &str) -> u64 {
    sim.with(|state| {
        let list = &state.account(COM).activities;
        list.iter().find(|a| a.oddities.iter().any(|o| o == label)).unwrap().id
    })
}

/// Sign-in page of the iPhone app, as a target on the simulator's port.
pub const PAGE: &str = "/sso.garmin.com/mobile/sso/en_US/sign-in?clientId=GCM_IOS_DARK&service=https%3A%2F%2Fmobile.integration.garmin.com%2Fgcm%2Fios";

/// Loads a sign-in page.
pub fn page(sim: &Sim, target: &str) -> Answer {
    send(sim, "GET", target, &[("User-Agent", IPHONE), ("Accept-Language", "en-US,en;q=0.9")], "").unwrap()
}

/// A login of the iPhone app.
#[derive(Clone)]
pub struct Login {
    pub path: String,
    pub query: String,
    pub agent: String,
    /// The page that is loaded first, if any.
    pub page: Option<String>,
    pub extra: Vec<(String, String)>,
    pub body: String,
}

impl Login {
    pub fn new(password: &str) -> Self {
        let login = Login {
            path: "/mobile/api/login".to_owned(),
            query: "clientId=GCM_IOS_DARK&locale=en-US&service=https%3A%2F%2Fmobile.integration.garmin.com%2Fgcm%2Fios"
                .to_owned(),
            agent: IPHONE.to_owned(),
            page: None,
            extra: Vec::new(),
            body: format!(
                r#"{{"username":"runner@example.com","password":"{password}","rememberMe":true,"captchaToken":""}}"#
            ),
        };
        login
            .from(PAGE)
            .with("Origin", "https://sso.garmin.com")
            .with("Content-Type", "application/json")
            .with("Accept-Language", "en-US,en;q=0.9")
    }

    /// Sets the sign-in page, which is loaded first and sent as the Referer.
    pub fn from(mut self, target: &str) -> Self {
        self.page = Some(target.to_owned());
        self.with("Referer", &format!("https:/{target}"))
    }

    /// Sets a header, in place of its old value.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.extra.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.extra.retain(|(key, _)| key != name);
        self
    }

    /// Loads the page and sends the login with the page's cookies.
    pub fn send(&self, sim: &Sim) -> Answer {
        match &self.page {
            Some(target) => {
                let cookies = page(sim, target).cookies();
                self.clone().with("Cookie", &cookies).post(sim)
            }
            None => self.post(sim),
        }
    }

    /// Sends the login without loading a page.
    pub fn post(&self, sim: &Sim) -> Answer {
        let mut headers = vec![("User-Agent", self.agent.as_str())];
        headers.extend(self.extra.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        send(sim, "POST", &format!("/sso.garmin.com{}?{}", self.path, self.query), &headers, &self.body).unwrap()
    }
}

/// A request to the token host; `basic` is the client id of the Authorization header.
pub fn tokens(sim: &Sim, domain: &str, basic: &str, form: &[(&str, &str)]) -> Option<Answer> {
    use base64::Engine;
    let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{basic}:")));
    let headers = [
        ("User-Agent", "GCM-Android-5.23"),
        ("Authorization", basic.as_str()),
        ("Content-Type", "application/x-www-form-urlencoded"),
    ];
    let body: Vec<String> =
        form.iter().map(|(k, v)| format!("{k}={}", v.replace(':', "%3A").replace('/', "%2F"))).collect();
    send(sim, "POST", &format!("/diauth.{domain}/di-oauth2-service/oauth/token"), &headers, &body.join("&"))
}

pub const CLIENT: &str = "GARMIN_CONNECT_MOBILE_ANDROID_DI_2025Q2";
pub const GRANT: &str = "https://connectapi.garmin.com/di-oauth2-service/oauth/grant/service_ticket";

pub fn exchange(sim: &Sim, domain: &str, ticket: &str, service: &str) -> Answer {
    let form = [("client_id", CLIENT), ("service_ticket", ticket), ("grant_type", GRANT), ("service_url", service)];
    tokens(sim, domain, CLIENT, &form).unwrap()
}

pub fn refresh(sim: &Sim, domain: &str, token: &str) -> Option<Answer> {
    tokens(sim, domain, CLIENT, &[("grant_type", "refresh_token"), ("client_id", CLIENT), ("refresh_token", token)])
}
