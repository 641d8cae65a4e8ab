//! The channels that receive a message about each sync.

use super::answers::{Answers, Mode};
use super::person;
use crate::cli::Failure;
use crate::notify::{CHANNELS, Channel, ExtraSetting};
use crate::settings::find;

/// Makes sure that the settings of the selected channels are present. Returns whether a channel was set up.
pub fn ask(answers: &mut Answers) -> Result<bool, Failure> {
    let (ready, others): (Vec<&Channel>, Vec<&Channel>) =
        CHANNELS.iter().partition(|channel| answers.is_set(channel.key));
    let wanted: Vec<&Channel> = if !answers.flags.notify.is_empty() {
        let is_wanted = |channel: &&Channel| answers.flags.notify.iter().any(|name| name == channel.name);
        CHANNELS.iter().filter(is_wanted).collect()
    } else if answers.flags.no_notify || answers.mode == Mode::Suggest {
        Vec::new()
    } else if answers.mode == Mode::Ask {
        ask_which(answers, &ready, &others)?
    } else {
        if ready.is_empty() {
            answers.missing.push("--notify CHANNEL or --no-notify".into());
        }
        Vec::new()
    };
    for channel in &wanted {
        set_up(answers, channel)?;
    }
    Ok(!wanted.is_empty())
}

fn ask_which<'a>(
    answers: &mut Answers,
    ready: &[&Channel],
    others: &[&'a Channel],
) -> Result<Vec<&'a Channel>, Failure> {
    let question = "Do you want a message when a sync has added or deleted something, or has failed?";
    let names: Vec<&str> = ready.iter().map(|channel| channel.name).collect();
    let question = match names.is_empty() {
        true => question.to_owned(),
        false => format!("{question}\nAlready configured: {}.", names.join(", ")),
    };
    let options: Vec<String> = others.iter().map(|channel| channel.name.to_owned()).collect();
    let chosen = person::choose_some(answers.person, &question, &options, &[])?;
    Ok(chosen.into_iter().map(|number| others[number]).collect())
}

fn set_up(answers: &mut Answers, channel: &Channel) -> Result<(), Failure> {
    if answers.mode == Mode::Ask
        && let Some(setting) = find(channel.key)
    {
        answers.person.say(&format!("\n{}", setting.doc.split_whitespace().collect::<Vec<_>>().join(" ")));
    }
    if !answers.is_set(channel.key) {
        setting(answers, channel.key, true, &|value| (channel.address)(value).is_some())?;
    }
    match channel.extra {
        ExtraSetting::Required(name) if !answers.is_set(name) => setting(answers, name, true, &|_| true),
        ExtraSetting::Optional(name) if !answers.is_set(name) && answers.mode == Mode::Ask => {
            setting(answers, name, false, &|_| true)
        }
        _ => Ok(()),
    }
}

/// Asks for a setting of a channel, which may be a key.
fn setting(answers: &mut Answers, name: &str, is_needed: bool, is_right: &dyn Fn(&str) -> bool) -> Result<(), Failure> {
    if answers.mode != Mode::Ask {
        answers.missing.push(format!("--secrets FILE with {name}=…, or --set {name}_FILE=PATH"));
        return Ok(());
    }
    loop {
        let value = if is_needed {
            person::hidden(answers.person, name)?
        } else {
            match answers.person.hidden(&format!("{name} (not shown; Enter: none): ")) {
                Some(value) if !value.expose().trim().is_empty() => value,
                _ => return Ok(()),
            }
        };
        let value = value.expose().trim();
        if !is_right(value) {
            answers.person.say(&format!("Invalid value for {name}; copy it again."));
            continue;
        }
        match answers.set(name, value) {
            Ok(()) => return Ok(()),
            Err(failure) => answers.person.say(&failure.to_string()),
        }
    }
}
