//! COROS' four regions: the same service on different hosts. An account belongs to one region, and only the service
//! knows which.
//!
//! Numbers and hosts: Sports Sync X (`region_config.py`) for 1 to 3, garmin2coros and CorosLink's study of the login
//! for 4.

use serde_json::Value;

use crate::http::{Repeat, Request};
use crate::platform::{Error, Result};

/// The `User-Agent` of a browser, because the API belongs to the web page.
pub const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";

/// A region.
#[derive(Debug, PartialEq, Eq)]
pub struct Region {
    /// The service's number for it.
    pub id: u32,
    /// Its name for people.
    pub name: &'static str,
    /// The host of the API.
    pub api: &'static str,
    /// The host of the web page.
    pub hub: &'static str,
}

/// All regions. An account with an unknown region is looked up in the first one.
pub static REGIONS: [Region; 4] = [
    Region { id: 1, name: "global", api: "teamapi.coros.com", hub: "training.coros.com" },
    Region { id: 2, name: "China", api: "teamcnapi.coros.com", hub: "trainingcn.coros.com" },
    Region { id: 3, name: "Europe", api: "teameuapi.coros.com", hub: "trainingeu.coros.com" },
    Region { id: 4, name: "Singapore", api: "teamsgapi.coros.com", hub: "trainingsg.coros.com" },
];

/// The region with this number.
pub fn region(id: u32) -> Result<&'static Region> {
    REGIONS
        .iter()
        .find(|region| region.id == id)
        .ok_or_else(|| Error::Unexpected(format!("unknown COROS region {id}, known: 1 to 4; update garminsync")))
}

/// All regions, `first` before the others.
pub fn from(first: &'static Region) -> impl Iterator<Item = &'static Region> {
    std::iter::once(first).chain(REGIONS.iter().filter(move |region| *region != first))
}

/// The hosts that a password is sent to, the likely one first; each further host only if the hosts before it rejected
/// the password.
///
/// A rejection by one host proves little: some clients log in at `teamcnapi` for all regions (garmin-sync-coros'
/// forks), others try `teamapi` first and then the rest (CorosLink; reviewed 2026-11-29). But each host counts a wrong
/// password, and it is not known how many lock an account. So an automatic login tries two hosts, and a login by a
/// person, who can correct the password, tries all four.
pub fn login_hosts(likely: &'static Region, by_hand: bool) -> impl Iterator<Item = &'static Region> {
    let china = &REGIONS[1];
    let others = std::iter::once(china).chain(REGIONS.iter().filter(move |region| *region != china));
    let hosts = std::iter::once(likely).chain(others.filter(move |region| *region != likely));
    hosts.take(if by_hand { REGIONS.len() } else { 2 })
}

impl Region {
    /// A read request to the API, without its token.
    pub fn get(&self, path: &str) -> Request {
        self.with_browser_headers(Request::get(format!("https://{}{path}", self.api)))
    }

    /// A read request to the API that is sent as a POST with an empty body.
    pub fn read_by_post(&self, path: &str) -> Request {
        let mut request = self.get(path);
        request.method = "POST";
        request.body = Some(Vec::new());
        request
    }

    /// A write request to the API with a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> Request {
        let url = format!("https://{}{path}", self.api);
        self.with_browser_headers(Request::post(url, "application/json", body.to_string().into_bytes()))
    }

    /// A deletion, which is a GET in this API. It is sent once.
    pub fn get_once(&self, path: &str) -> Request {
        let mut request = self.get(path).changing();
        request.repeat = Repeat::Never;
        request
    }

    fn with_browser_headers(&self, request: Request) -> Request {
        request
            .header("Accept", "application/json, text/plain, */*")
            .header("User-Agent", BROWSER)
            .header("Origin", format!("https://{}", self.hub))
            .header("Referer", format!("https://{}/", self.hub))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_region_is_named() {
        assert_eq!(region(4).unwrap().api, "teamsgapi.coros.com");
        let error = region(101).unwrap_err();
        assert!(matches!(&error, Error::Unexpected(text) if text.contains("region 101")), "{error}");
    }

    #[test]
    fn every_region_is_tried_once_the_likely_one_first() {
        let ids: Vec<u32> = from(&REGIONS[2]).map(|region| region.id).collect();
        assert_eq!(ids, [3, 1, 2, 4]);
    }

    #[test]
    fn a_password_that_one_host_rejects_is_sent_to_another() {
        let ids = |likely: usize, by_hand| -> Vec<u32> {
            login_hosts(&REGIONS[likely], by_hand).map(|region| region.id).collect()
        };
        assert_eq!((ids(0, false), ids(1, false), ids(2, false)), (vec![1, 2], vec![2, 1], vec![3, 2]));
        assert_eq!((ids(0, true), ids(1, true), ids(3, true)), (vec![1, 2, 3, 4], vec![2, 1, 3, 4], vec![4, 2, 1, 3]));
    }

    #[test]
    fn requests_name_the_web_page_of_their_region() {
        let request = REGIONS[1].get_once("/activity/delete?labelId=1");
        assert_eq!(request.url, "https://teamcnapi.coros.com/activity/delete?labelId=1");
        assert!(request.headers.contains(&("Referer".into(), "https://trainingcn.coros.com/".into())));
        assert_eq!((request.method, request.repeat), ("GET", Repeat::Never));
        assert_eq!(REGIONS[1].read_by_post("/x").repeat, Repeat::Read);
    }
}
