//! The numbers of requests that a key is allowed, and the headers that say how many are left.

use super::account::Account;
use super::error;
use crate::http::Response;

const QUARTER_HOUR: i64 = 900;
const DAY: i64 = 86_400;

/// Counts a request; a 429 if the key has used up its requests. Rejected requests do not count.
pub fn spend(account: &mut Account, now: i64) -> Result<(), Response> {
    let limits = account.spec.limits.clone();
    account.recent.retain(|at| *at > now - QUARTER_HOUR);
    let day = now.div_euclid(DAY);
    if account.today.0 != day {
        account.today = (day, 0);
    }
    let just_now = account.recent.iter().filter(|at| **at == now).count();
    let wait = if account.today.1 >= limits.day {
        (day + 1) * DAY - now
    } else if account.recent.len() >= limits.quarter_hour {
        account.recent.first().map_or(QUARTER_HOUR, |oldest| oldest + QUARTER_HOUR - now)
    } else if limits.second.is_some_and(|most| just_now >= most) {
        1
    } else {
        account.recent.push(now);
        account.today.1 += 1;
        return Ok(());
    };
    let rejection = error(429, "Too many requests").with("retry-after", &wait.to_string());
    Err(count_down(account, rejection))
}

/// Adds the headers with the limits and the remaining requests, each for 15 minutes and for the day.
pub fn count_down(account: &Account, response: Response) -> Response {
    let limits = &account.spec.limits;
    let quarter_hour = limits.quarter_hour.saturating_sub(account.recent.len());
    let day = limits.day.saturating_sub(account.today.1);
    response
        .with("x-ratelimit-limit", &format!("{},{}", limits.quarter_hour, limits.day))
        .with("x-ratelimit-remaining", &format!("{quarter_hour},{day}"))
}
