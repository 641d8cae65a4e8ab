//! Cookies of one login to one host. They are kept as a browser keeps them, but no longer than the login.

use super::Response;

/// Names and values, in the order in which they were first set. No `Debug`, so that no cookie is printed.
#[derive(Default)]
pub struct Cookies(Vec<(String, String)>);

impl Cookies {
    /// Stores the cookies that a response sets, and replaces cookies with the same name. An empty value removes a
    /// cookie.
    pub fn take(&mut self, response: &Response) {
        for (_, value) in response.headers.iter().filter(|(name, _)| name == SET) {
            let pair = value.split(';').next().unwrap_or("");
            let Some((name, value)) = pair.split_once('=') else { continue };
            let (name, value) = (name.trim(), value.trim());
            self.0.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.0.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    /// Whether there are no cookies.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a `Cookie` header.
    pub fn header(&self) -> String {
        self.0.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }
}

/// The header that sets a cookie.
pub const SET: &str = "set-cookie";
