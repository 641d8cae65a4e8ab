//! COROS' four regions: the same service on hosts of their own. An account lives in one, and only the service knows which.
//!
//! Numbers and hosts: Sports Sync X (`region_config.py`) for 1 to 3, garmin2coros and CorosLink's study of the login for 4.

use serde_json::Value;

use crate::http::{Repeat, Request};
use crate::platform::{Error, Result};

/// The API is that of the web page, and is asked in its manner.
pub const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";

/// One of them.
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

/// All of them; the first is where an account that nothing is known of is asked for.
pub static REGIONS: [Region; 4] = [
    Region { id: 1, name: "global", api: "teamapi.coros.com", hub: "training.coros.com" },
    Region { id: 2, name: "China", api: "teamcnapi.coros.com", hub: "trainingcn.coros.com" },
    Region { id: 3, name: "Europe", api: "teameuapi.coros.com", hub: "trainingeu.coros.com" },
    Region { id: 4, name: "Singapore", api: "teamsgapi.coros.com", hub: "trainingsg.coros.com" },
];

/// The region of a number that the service gave.
pub fn region(id: u32) -> Result<&'static Region> {
    REGIONS.iter().find(|region| region.id == id).ok_or_else(|| {
        Error::Strange(format!(
            "COROS says that this account is in region {id}, and this version knows 1 to 4 only; look for a newer garminsync"
        ))
    })
}

/// All regions, `first` before the others.
pub fn from(first: &'static Region) -> impl Iterator<Item = &'static Region> {
    std::iter::once(first).chain(REGIONS.iter().filter(move |region| *region != first))
}

/// Where a password is asked for, the likely place first; each further host is asked only if those before did not know it.
///
/// That one host does not know an account proves little: clients that live log in at `teamcnapi` for all regions
/// (garmin-sync-coros' forks), or go on from `teamapi` to the others (CorosLink; reviewed 2026-11-29). But each host that is
/// asked counts a wrong password, and how many lock an account is not known. So a program alone asks two of them, and a
/// person, who is there to correct it and needs a way in, all four.
pub fn login_hosts(likely: &'static Region, by_hand: bool) -> impl Iterator<Item = &'static Region> {
    let china = &REGIONS[1];
    let others = std::iter::once(china).chain(REGIONS.iter().filter(move |region| *region != china));
    let hosts = std::iter::once(likely).chain(others.filter(move |region| *region != likely));
    hosts.take(if by_hand { REGIONS.len() } else { 2 })
}

impl Region {
    /// A read of the API, without its token.
    pub fn get(&self, path: &str) -> Request {
        self.dressed(Request::get(format!("https://{}{path}", self.api)))
    }

    /// A read of the API that is sent as a POST with an empty body.
    pub fn read_by_post(&self, path: &str) -> Request {
        let mut request = self.get(path);
        request.method = "POST";
        request.body = Some(Vec::new());
        request
    }

    /// A write of the API with a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> Request {
        let url = format!("https://{}{path}", self.api);
        self.dressed(Request::post(url, "application/json", body.to_string().into_bytes()))
    }

    /// A deletion, which the API wants as a GET: sent once.
    pub fn get_once(&self, path: &str) -> Request {
        let mut request = self.get(path).changing();
        request.repeat = Repeat::Never;
        request
    }

    fn dressed(&self, request: Request) -> Request {
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
    fn a_region_that_nobody_knows_is_named() {
        assert_eq!(region(4).unwrap().api, "teamsgapi.coros.com");
        let error = region(101).unwrap_err();
        assert!(matches!(&error, Error::Strange(text) if text.contains("region 101")), "{error}");
    }

    #[test]
    fn every_region_is_asked_once_the_likely_one_first() {
        let ids: Vec<u32> = from(&REGIONS[2]).map(|region| region.id).collect();
        assert_eq!(ids, [3, 1, 2, 4]);
    }

    #[test]
    fn a_password_that_one_host_does_not_know_is_asked_of_another() {
        let ids = |likely: usize, by_hand| -> Vec<u32> {
            login_hosts(&REGIONS[likely], by_hand).map(|region| region.id).collect()
        };
        assert_eq!((ids(0, false), ids(1, false), ids(2, false)), (vec![1, 2], vec![2, 1], vec![3, 2]));
        assert_eq!((ids(0, true), ids(1, true), ids(3, true)), (vec![1, 2, 3, 4], vec![2, 1, 3, 4], vec![4, 2, 1, 3]));
    }

    #[test]
    fn requests_name_the_page_of_their_own_region() {
        let request = REGIONS[1].get_once("/activity/delete?labelId=1");
        assert_eq!(request.url, "https://teamcnapi.coros.com/activity/delete?labelId=1");
        assert!(request.headers.contains(&("Referer".into(), "https://trainingcn.coros.com/".into())));
        assert_eq!((request.method, request.repeat), ("GET", Repeat::Never));
        assert_eq!(REGIONS[1].read_by_post("/x").repeat, Repeat::Read);
    }
}
