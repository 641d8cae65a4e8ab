//! Calls of tools. Every error but an unknown tool is a sentence in an ordinary result, whose `isError` is false.

use super::rpc::RpcError;
use super::spec::{Failing, Failure};
use super::state::Call;
use super::{arguments, detail, fit, health, prose, records, schema};
use crate::coros::account::Item;
use crate::state::State;
use serde_json::{Value, json};

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The arguments are not as the service wants them.
    Anomalies,
    /// This argument is missing, which the service did not expect.
    Exception(&'static str),
}

const ANOMALIES: &str = "Tool call anomalies detected. High risk of session context pollution.";

/// A result of items.
pub fn result(content: &[Value]) -> Value {
    json!({"content": content, "isError": false})
}

/// An item of text.
pub fn text(words: &str) -> Value {
    json!({"type": "text", "text": words})
}

/// Calls a tool.
pub fn call(state: &mut State, account: usize, params: &Value) -> Result<Value, RpcError> {
    let name = params["name"].as_str().unwrap_or_default();
    let given = &params["arguments"];
    let at = state.now();
    state.coros_mcp.calls.push(Call { at, tool: name.to_owned(), arguments: given.clone() });
    let spec = &state.scenario.coros_mcp;
    let Some(tool) = schema::named(spec, name) else {
        return Err(RpcError(-32602, format!("Unknown tool: {name}")));
    };
    let wrap = spec.prose.wrap;
    let words = |words: &str| result(&[text(&wrap.apply(words))]);
    let failure = next_failure(&mut state.scenario.coros_mcp.failing, name);
    if let Some(failure) = failure.filter(|failure| *failure != Failure::Marked) {
        let session = state.uuid();
        return Ok(words(&failure_text(failure, &session)));
    }
    let spec = &state.scenario.coros_mcp;
    let known = tool.arguments.iter().filter(|argument| schema::shows(spec, tool, argument));
    let outcome = arguments::check(known, given).and_then(|()| run(state, account, name, given));
    let mut answer = outcome.unwrap_or_else(|refusal| words(&refusal.words()));
    answer["isError"] = failure.is_some().into();
    Ok(answer)
}

fn run(state: &mut State, account: usize, name: &str, given: &Value) -> Result<Value, Refusal> {
    let prose = state.scenario.coros_mcp.prose.clone();
    let words = |words: String| result(&[text(&prose.wrap.apply(&words))]);
    match name {
        schema::RECORDS => Ok(words(records::answer(state, account, given))),
        "downloadActivityFitFiles" => fit::download(state, account, given),
        "queryActivityFitFileDownloadUrls" => fit::address(state, account, given),
        "getActivityDetail" => Ok(words(detail::answer(item(state, account, given)?, prose.older))),
        "queryActivityLapData" | "queryCustomActivityLapData" => {
            let laps = detail::laps(item(state, account, given)?, given)?;
            Ok(result(&[text(&laps.to_string())]))
        }
        "analyzeActivityDetail" => {
            let title = prose::label(item(state, account, given)?.sport, false);
            Ok(words(format!("{title}: an even effort.")))
        }
        _ => health::answer(state, account, name, given).map(words),
    }
}

/// The activity that a call names. An unknown number is refused (public clients, 2026-09).
pub fn item<'a>(state: &'a State, account: usize, given: &Value) -> Result<&'a Item, Refusal> {
    let label = given["labelId"].as_str().and_then(|text| text.parse().ok()).ok_or(Refusal::Anomalies)?;
    state.coros.accounts[account].find(label).ok_or(Refusal::Anomalies)
}

impl Refusal {
    fn words(&self) -> String {
        match self {
            Refusal::Anomalies => ANOMALIES.to_owned(),
            Refusal::Exception(field) => exception(field),
        }
    }
}

fn exception(field: &str) -> String {
    format!(
        "java.lang.NullPointerException: Cannot invoke \"java.lang.Integer.intValue()\" because \"{field}\" is null"
    )
}

fn failure_text(failure: Failure, session: &str) -> String {
    match failure {
        Failure::Unavailable => "COROS API is temporarily unavailable. Please try again later.".to_owned(),
        Failure::Anomalies => ANOMALIES.to_owned(),
        Failure::Exception => exception("sportType"),
        Failure::Session => format!("Session not found: {session}"),
        Failure::Unknown | Failure::Marked => "The requested capability is being upgraded.".to_owned(),
    }
}

/// The failure of this call, if one is left.
fn next_failure(all: &mut [Failing], tool: &str) -> Option<Failure> {
    let fits = |one: &&mut Failing| one.count > 0 && one.tool.as_deref().is_none_or(|name| name == tool);
    let next = all.iter_mut().find(fits)?;
    next.count -= 1;
    Some(next.with)
}
