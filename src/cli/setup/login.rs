//! The choice of the login for a platform.

use std::path::PathBuf;
use std::sync::Arc;

use super::answers::{self, Answers, Mode, PlannedLogin, Way};
use super::person::{self, Person};
use crate::cli::Failure;
use crate::http::Secret;
use crate::i18n::Lang;
use crate::platform::{Access, AccessKind, LoginWays, PlatformSpec};
use crate::settings::Settings;
use crate::settings::edit::EnvFile;
use crate::status::access_title;

/// The selected logins; none: the current login stays. Two are for a service whose official access only reads.
pub fn ask(answers: &mut Answers, spec: &Arc<PlatformSpec>) -> Result<Vec<PlannedLogin>, Failure> {
    let account = answers.current.accounts.get(spec.id.as_str()).cloned();
    let way = answers.way(spec);
    let found = answers.token(spec).or_else(|| found_token(answers, spec));
    let chosen = match (way, &account, answers.mode) {
        (None, account, Mode::Ask) => ask_ways(answers, spec, account.as_ref(), found.as_ref())?,
        // An access that is not set up yet may be added to another one.
        (Some(way), Some(_), _) if way.access().is_some_and(|kind| !is_working(answers, spec, kind)) => vec![way],
        (way, Some(name), _) => {
            // A working login is not repeated without need: services lock accounts that log in too often.
            if way.is_some() {
                let whose = name.as_ref().map(|name| format!(" as {name}")).unwrap_or_default();
                answers.person.say(&format!("{}: already logged in{whose}; this login is kept.", spec.id));
            }
            Vec::new()
        }
        (Some(way), None, _) => vec![way],
        (None, None, Mode::Suggest) => suggested(answers, spec, found.as_ref()),
        (None, None, _) => {
            let names: Vec<String> = ways(spec, None).iter().map(|(way, _)| format!("={}", way.name())).collect();
            answers.missing.push(format!("--login {}{}", spec.id, names.join(", ")));
            Vec::new()
        }
    };
    let mut all = Vec::new();
    for way in chosen {
        if way == Way::Password {
            credentials(answers, spec)?;
        }
        let token = match (way, &found) {
            (Way::Token, None) => ask_token(answers, spec)?,
            _ => found.clone(),
        };
        let has_key =
            way == Way::Key && spec.access(AccessKind::ApiKey).is_some_and(|access| has_credentials(answers, access));
        all.push(PlannedLogin { spec: spec.clone(), way, token, has_key });
    }
    Ok(all)
}

fn is_working(answers: &Answers, spec: &PlatformSpec, kind: AccessKind) -> bool {
    answers.current.accesses.contains(&(spec.id.to_string(), kind.name().to_owned()))
}

/// Asks for the ways to log in, best first; none: the current login stays.
fn ask_ways(
    answers: &mut Answers,
    spec: &PlatformSpec,
    account: Option<&Option<String>>,
    found: Option<&PathBuf>,
) -> Result<Vec<Way>, Failure> {
    let mut options: Vec<(Option<Way>, String)> =
        account.iter().map(|name| (None, current(answers, spec, name.as_deref()))).collect();
    options.extend(ways(spec, found).into_iter().map(|(way, title)| (Some(way), title)));
    let question = format!("How do you want to log in to {}?", spec.title);
    let Some(way) = choose(answers, &question, &options)? else { return Ok(Vec::new()) };
    if way.access().and_then(|kind| spec.access(kind)).is_none_or(Access::can_write) {
        return Ok(vec![way]);
    }
    let mut options: Vec<(Option<Way>, String)> = vec![(None, "no: only read and archive".to_owned())];
    for access in spec.accesses().into_iter().filter(|access| access.can_write()) {
        options.extend(ways_of(access, found).into_iter().map(|(way, title)| (Some(way), title)));
    }
    let question = format!("That reads. Also log in to upload to {}, and to delete duplicates there?", spec.title);
    Ok([Some(way), choose(answers, &question, &options)?].into_iter().flatten().collect())
}

/// The answer that changes nothing: which access works, whose account it is, and whether it only reads.
fn current(answers: &Answers, spec: &PlatformSpec, name: Option<&str>) -> String {
    let mut working = spec.accesses();
    working.retain(|access| is_working(answers, spec, access.kind()));
    let titles: Vec<&str> = working.iter().map(|access| access_title(access.kind(), Lang::En)).collect();
    let whose = name.unwrap_or("the service does not say whose");
    let limit = if working.iter().any(|access| access.can_write()) { "" } else { "; it only reads" };
    format!("keep the current {} ({whose}{limit})", titles.join(" and "))
}

fn choose(answers: &mut Answers, question: &str, options: &[(Option<Way>, String)]) -> Result<Option<Way>, Failure> {
    let titles: Vec<String> = options.iter().map(|(_, title)| title.clone()).collect();
    Ok(options[person::choose(answers.person, question, &titles, 0)?].0)
}

/// The ways to log in to a platform, best first, as text.
pub fn ways(spec: &PlatformSpec, found: Option<&PathBuf>) -> Vec<(Way, String)> {
    let mut all: Vec<(Way, String)> = spec.accesses().iter().flat_map(|access| ways_of(*access, found)).collect();
    all.push((Way::Later, format!("later: gs-auth login --platform {}", spec.id)));
    all
}

fn ways_of(access: &dyn Access, found: Option<&PathBuf>) -> Vec<(Way, String)> {
    match (access.login_ways(), access.kind()) {
        (LoginWays::One(text), AccessKind::OAuth) => vec![(Way::Oauth, text.to_owned())],
        (LoginWays::One(text), _) => vec![(Way::Key, text.to_owned())],
        (LoginWays::Login { browser, token, password }, _) => {
            let token = match found {
                Some(path) => format!("with the token of another tool, found in {}", path.display()),
                None => token.to_owned(),
            };
            vec![(Way::Browser, browser.to_owned()), (Way::Token, token), (Way::Password, password.to_owned())]
        }
    }
}

/// The path where another tool stores a token for this platform, if there is one. Several platforms may share such
/// paths: the token is suggested for the first of them, and the login finds out which account it belongs to.
fn found_token(answers: &Answers, spec: &PlatformSpec) -> Option<PathBuf> {
    let home = answers.settings.home();
    let places = |spec: &PlatformSpec| {
        let setting = |name: &str| answers.settings.path(name);
        let login = spec.access(AccessKind::Login);
        login.map_or_else(Vec::new, |access| access.token_places(home.as_deref(), &setting))
    };
    let own = places(spec);
    let first = answers.platforms.services().iter().find(|other| places(other) == own)?;
    own.into_iter().find(|path| first.id == spec.id && path.exists())
}

fn suggested(answers: &Answers, spec: &PlatformSpec, found: Option<&PathBuf>) -> Vec<Way> {
    let mut ways = Vec::new();
    for access in spec.accesses() {
        match access.kind() {
            AccessKind::ApiKey if has_credentials(answers, access) => ways.push(Way::Key),
            AccessKind::Login if has_credentials(answers, access) => ways.push(Way::Password),
            AccessKind::Login if found.is_some() => ways.push(Way::Token),
            _ => {}
        }
    }
    if ways.is_empty() { vec![Way::Later] } else { ways }
}

/// Whether the settings have the credential of an access, now or after the file is written.
fn has_credentials(answers: &Answers, access: &dyn Access) -> bool {
    let is_any_set = |names: &[&str]| names.iter().any(|name| answers.is_set(name));
    let users = access.user_settings();
    (users.is_empty() || is_any_set(users)) && is_any_set(access.secret_settings())
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
fn name_of(settings: &Settings, file: &EnvFile, names: &[&'static str]) -> &'static str {
    let set = names.iter().find(|name| answers::is_set(settings, file, name));
    set.or(names.last()).copied().unwrap_or_default()
}

/// Makes sure that the e-mail address and the password are in the settings, unless a person types them at the login.
fn credentials(answers: &mut Answers, spec: &PlatformSpec) -> Result<(), Failure> {
    let Some(access) = spec.access(AccessKind::Login) else { return Ok(()) };
    let name = |names| name_of(answers.settings, answers.file, names);
    let (user, password) = (name(access.user_settings()), name(access.secret_settings()));
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

/// Asks for the e-mail address and the password again, after the service rejected those of the settings, and changes
/// `file`: the same password would be rejected again, and services lock accounts after too many logins. Returns whether
/// the next login uses the answers.
pub fn ask_again(
    spec: &PlatformSpec,
    settings: &Settings,
    file: &mut EnvFile,
    person: &mut dyn Person,
) -> Result<bool, Failure> {
    let Some(access) = spec.access(AccessKind::Login) else { return Ok(true) };
    let user = name_of(settings, file, access.user_settings());
    let password = name_of(settings, file, access.secret_settings());
    if !answers::is_set(settings, file, password) {
        // The command asks for both.
        return Ok(true);
    }
    let of_environment = answers::forms(password).into_iter().chain([user.to_owned()]);
    if let Some(name) = of_environment.into_iter().find(|name| settings.variable(name).is_some()) {
        person.say(&format!(
            "{name} is set in the environment, which overrides the settings file; correct it there, and run this again."
        ));
        return Ok(false);
    }
    let before = file.value(user).or_else(|| settings.get(user).map(str::to_owned));
    let address = person::line(person, "E-mail address", before.as_deref())?;
    answers::set(file, person, user, &address)?;
    loop {
        let typed = person::hidden(person, "Password")?;
        match answers::set(file, person, password, typed.expose()) {
            Ok(()) => return Ok(true),
            Err(failure) => person.say(&failure.to_string()),
        }
    }
}
