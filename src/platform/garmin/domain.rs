//! Garmin's two domains: the same services at garmin.com and garmin.cn, with separate accounts.

use crate::http::{Repeat, Request};

/// The headers of Garmin's Android app, which the token service and the API require (python-garminconnect 0.3,
/// `client.py`).
const APP: &[(&str, &str)] = &[
    ("User-Agent", "GCM-Android-5.23"),
    (
        "X-Garmin-User-Agent",
        "com.garmin.android.apps.connectmobile/5.23; ; Google/sdk_gphone64_arm64/google; Android/33; Dalvik/2.1.0",
    ),
    ("X-Garmin-Paired-App-Version", "10861"),
    ("X-Garmin-Client-Platform", "Android"),
    ("X-App-Ver", "10861"),
    ("X-Lang", "en"),
    ("X-GCExperience", "GC5"),
    ("Accept-Language", "en-US,en;q=0.9"),
];

/// One of the two domains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Domain {
    /// The platform's name.
    pub platform: &'static str,
    /// `garmin.com` or `garmin.cn`.
    pub name: &'static str,
}

/// garmin.com
pub const COM: Domain = Domain { platform: "garmin-com", name: "garmin.com" };
/// garmin.cn
pub const CN: Domain = Domain { platform: "garmin-cn", name: "garmin.cn" };

impl Domain {
    /// A URL on one of the domain's hosts.
    pub fn url(&self, host: &str, path: &str) -> String {
        format!("https://{host}.{}{path}", self.name)
    }

    /// A read request to the API, without its token.
    pub fn get(&self, path: &str) -> Request {
        let mut request = app(Request::get(self.url("connectapi", path)));
        request.hosts = ["connectapi", "connect"].map(|host| format!("{host}.{}", self.name)).into();
        request
    }

    /// An upload or a deletion, without its token and body. It is never retried automatically.
    pub fn write(&self, method: &'static str, path: &str) -> Request {
        let mut request = self.get(path).header("Accept", "application/json").changing();
        request.method = method;
        request.repeat = Repeat::Never;
        request
    }

    /// The service URL of a mobile login: an opaque text that the exchange of the ticket must repeat exactly.
    pub fn ios_service(&self) -> String {
        self.url("mobile.integration", "/gcm/ios")
    }

    /// The service URL of a login on the Android app's sign-in page, which a person opens in the browser.
    pub fn android_service(&self) -> String {
        self.url("mobile.integration", "/gcm/android")
    }

    /// Whether a ticket for `service` comes from the embedded sign-in page.
    pub fn is_embedded(&self, service: &str) -> bool {
        service == self.url("sso", "/sso/embed")
    }
}

/// Adds the app's headers.
pub fn app(request: Request) -> Request {
    APP.iter().fold(request, |request, (name, value)| request.header(name, *value))
}
