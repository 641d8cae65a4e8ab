//! The choice of the login for a platform.

use std::path::PathBuf;

use super::answers::{Answers, Mode, Way};
use super::person;
use crate::cli::Failure;
use crate::http::Secret;
use crate::platform::{Access, LoginWays, PlatformSpec};

/// The selected way to log in; `None`: the current login stays.
pub fn ask(answers: &mut Answers, spec: &PlatformSpec) -> Result<Option<(Way, Option<PathBuf>)>, Failure> {
    let account = answers.current.accounts.get(spec.id.as_str()).cloned();
    let way = answers.way(spec);
    let found = answers.token(spec).or_else(|| found_token(answers, spec));
    let way = match (way, &account, answers.mode) {
        (None, account, Mode::Ask) => match ask_way(answers, spec, account.as_deref(), found.as_ref())? {
            Some(way) => way,
            None => return Ok(None),
        },
        (way, Some(name), _) => {
            // A working login is not repeated without need: services lock accounts that log in too often.
            if way.is_some() {
                answers.person.say(&format!("{}: already logged in as {name}; this login is kept.", spec.id));
            }
            return Ok(None);
        }
        (Some(way), None, _) => way,
        (None, None, Mode::Suggest) => suggested(answers, spec, found.as_ref()),
        (None, None, _) => {
            answers.missing.push(format!("--login {}=browser, =token, =password or =later", spec.id));
            return Ok(None);
        }
    };
    match way {
        Way::Password => credentials(answers, spec)?,
        Way::Token if found.is_none() => return Ok(Some((way, ask_token(answers, spec)?))),
        _ => {}
    }
    Ok(Some((way, found)))
}

/// The ways to log in that a person can choose from, best first; `None`: the current login stays. `is_again`: one way
/// has failed.
fn ask_way(
    answers: &mut Answers,
    spec: &PlatformSpec,
    account: Option<&str>,
    found: Option<&PathBuf>,
) -> Result<Option<Way>, Failure> {
    let mut options = ways(spec, found);
    if let Some(name) = account {
        options.insert(0, (None, format!("keep the current login ({name})")));
    }
    let titles: Vec<String> = options.iter().map(|(_, title)| title.clone()).collect();
    let question = format!("How do you want to log in to {}?", spec.title);
    let chosen = person::choose(answers.person, &question, &titles, 0)?;
    Ok(options[chosen].0)
}

/// The ways to log in to a platform, best first, as text.
pub fn ways(spec: &PlatformSpec, found: Option<&PathBuf>) -> Vec<(Option<Way>, String)> {
    let ways = spec.main_access().map_or_else(LoginWays::default, Access::login_ways);
    let token = match found {
        Some(path) => format!("with the token of another tool, found in {}", path.display()),
        None => ways.token.to_owned(),
    };
    vec![
        (Some(Way::Browser), ways.browser.to_owned()),
        (Some(Way::Token), token),
        (Some(Way::Password), ways.password.to_owned()),
        (Some(Way::Later), format!("later: gs-auth login --platform {}", spec.id)),
    ]
}

/// The path where another tool stores a token for this platform, if there is one. Several platforms may share such
/// paths: the token is suggested for the first of them, and the login finds out which account it belongs to.
fn found_token(answers: &Answers, spec: &PlatformSpec) -> Option<PathBuf> {
    let home = answers.settings.home();
    let places = |spec: &PlatformSpec| {
        let setting = |name: &str| answers.settings.path(name);
        spec.main_access().map_or_else(Vec::new, |access| access.token_places(home.as_deref(), &setting))
    };
    let own = places(spec);
    let first = answers.platforms.services().iter().find(|other| places(other) == own)?;
    own.into_iter().find(|path| first.id == spec.id && path.exists())
}

fn suggested(answers: &Answers, spec: &PlatformSpec, found: Option<&PathBuf>) -> Way {
    let is_any_set = |names: &[&str]| names.iter().any(|name| answers.is_set(name));
    let has_password = spec
        .main_access()
        .is_some_and(|access| is_any_set(access.user_settings()) && is_any_set(access.secret_settings()));
    match (has_password, found) {
        (true, _) => Way::Password,
        (false, Some(_)) => Way::Token,
        (false, None) => Way::Later,
    }
}

fn ask_token(answers: &mut Answers, spec: &PlatformSpec) -> Result<Option<PathBuf>, Failure> {
    if answers.mode == Mode::Ask {
        let path = person::line(answers.person, "Path of the file or folder", None)?;
        return Ok(Some(answers.settings.expanded_home(&path)));
    }
    answers.missing.push(format!("--token {}=PATH", spec.id));
    Ok(None)
}

/// The name under which a setting is written: the first of `names` that is set, or else the last one.
fn name_of(answers: &Answers, names: &[&'static str]) -> &'static str {
    let set = names.iter().find(|name| answers.is_set(name));
    set.or(names.last()).copied().unwrap_or_default()
}

/// Makes sure that the e-mail address and the password are in the settings, unless a person types them at the login.
fn credentials(answers: &mut Answers, spec: &PlatformSpec) -> Result<(), Failure> {
    let Some(access) = spec.main_access() else { return Ok(()) };
    let (user, password) = (name_of(answers, access.user_settings()), name_of(answers, access.secret_settings()));
    let (has_user, has_password) = (answers.is_set(user), answers.is_set(password));
    if answers.mode != Mode::Ask {
        if !has_user {
            answers.missing.push(format!("--set {user}=ADDRESS"));
        }
        if !has_password {
            answers.missing.push(format!("--secrets FILE with {password}=…, or --set {password}_FILE=PATH"));
        }
        return Ok(());
    }
    let mut options = vec![
        "I type it now; it is stored in the settings file, which only you can read".to_owned(),
        "I type it at each login; it is not stored".to_owned(),
        "a command prints it, such as that of a password manager".to_owned(),
        "it is in a file".to_owned(),
    ];
    let keeps = has_user && has_password;
    if keeps {
        options.insert(0, "the one in the settings".to_owned());
    }
    let chosen = person::choose(answers.person, "Where does the password come from?", &options, 0)?;
    let Some(chosen) = chosen.checked_sub(usize::from(keeps)) else { return Ok(()) };
    if chosen == 1 {
        return Ok(());
    }
    let before = answers.settings.get(user).map(str::to_owned);
    let address = person::line(answers.person, "E-mail address", before.as_deref())?;
    answers.set(user, &address)?;
    store_password(answers, password, chosen)
}

/// Writes the source of the password. Other forms that have precedence over it become comments.
fn store_password(answers: &mut Answers, name: &str, chosen: usize) -> Result<(), Failure> {
    let (file, command) = (format!("{name}_FILE"), format!("{name}_COMMAND"));
    loop {
        let (form, before, value): (&str, &[&str], Secret) = match chosen {
            0 => (name, &[], person::hidden(answers.person, "Password")?),
            2 => {
                let line = person::line(answers.person, "Command, such as pass show garmin | head -n1", None)?;
                (&command, &[name, &file], Secret::new(line))
            }
            _ => {
                let path = person::line(answers.person, "Path of the file", None)?;
                let path = answers.settings.expanded_home(&path);
                let path = std::path::absolute(&path).unwrap_or(path);
                (&file, &[name], Secret::new(path.display().to_string()))
            }
        };
        match answers.set(form, value.expose()) {
            Ok(()) => {
                before.iter().for_each(|other| answers.file.disable(other));
                return Ok(());
            }
            Err(failure) => answers.person.say(&failure.to_string()),
        }
    }
}
