//! The flags that a person gave, written again for the commands that accept them.

use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command};

/// The flags that a subcommand received.
pub struct GivenFlags {
    matches: ArgMatches,
}

impl GivenFlags {
    /// The flags of a parsed command line.
    pub fn of(matches: &ArgMatches) -> GivenFlags {
        GivenFlags { matches: matches.clone() }
    }

    /// The given flags among those that `T` defines, as a person types them. Positional arguments come last, after
    /// `--`.
    pub fn flags<T: Args>(&self) -> Vec<OsString> {
        self.some_of::<T>(|_| true)
    }

    /// The given flags among those of `T` that `is_meant` selects.
    pub fn some_of<T: Args>(&self, is_meant: impl Fn(&str) -> bool) -> Vec<OsString> {
        let defined = T::augment_args(Command::new("flags"));
        let meant = defined.get_arguments().filter(|arg| is_meant(arg.get_id().as_str()));
        let (positionals, flags): (Vec<&Arg>, Vec<&Arg>) = meant.partition(|arg| arg.is_positional());
        let mut words: Vec<OsString> = flags.into_iter().flat_map(|arg| self.typed(arg)).collect();
        let paths: Vec<OsString> = positionals.into_iter().flat_map(|arg| self.typed(arg)).collect();
        if !paths.is_empty() {
            words.push("--".into());
            words.extend(paths);
        }
        words
    }

    /// Whether this flag was given.
    pub fn has(&self, id: &str) -> bool {
        let is_known = self.matches.ids().any(|known| known == id);
        is_known && self.matches.value_source(id) == Some(ValueSource::CommandLine)
    }

    /// The value of a flag, if it was given.
    pub fn value(&self, id: &str) -> Option<OsString> {
        let values = self.has(id).then(|| self.matches.get_raw(id)).flatten();
        values.and_then(|mut values| values.next_back()).map(ToOwned::to_owned)
    }

    fn typed(&self, arg: &Arg) -> Vec<OsString> {
        let id = arg.get_id().as_str();
        if !self.has(id) {
            return Vec::new();
        }
        let name = arg.get_long().map(|long| format!("--{long}"));
        if !arg.get_action().takes_values() {
            let times = match arg.get_action() {
                clap::ArgAction::Count => self.matches.get_count(id).into(),
                _ => 1,
            };
            return vec![name.unwrap_or_default().into(); times];
        }
        let values = self.matches.get_raw(id).into_iter().flatten();
        let with_name = |value: &std::ffi::OsStr| match &name {
            // One word, so that a value that begins with "-" is not read as a flag.
            Some(name) => {
                let mut word = OsString::from(format!("{name}="));
                word.push(value);
                word
            }
            None => value.to_owned(),
        };
        values.map(with_name).collect()
    }
}
