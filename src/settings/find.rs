//! Which `.env` file is read, and whether it is safe where it stands.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::dotenv::{self, Statement};
use super::{Error, Settings, is_secret, known};

impl Settings {
    /// `.env` in the current folder if it is ours, else `garminsync/.env` in the configuration folder.
    pub(super) fn find_file(&mut self) -> Result<Option<PathBuf>, Error> {
        let here = PathBuf::from(".env");
        if here.is_file() {
            match is_ours(&here) {
                Ok(true) => return Ok(Some(here)),
                Ok(false) => {}
                Err(why) => {
                    let path = std::path::absolute(&here).unwrap_or(here);
                    self.passed_over = Some(format!(
                        "{} is ignored, because {why}; to use it, name it with --env-file",
                        path.display()
                    ));
                }
            }
        }
        Ok(self.usual_file()?.filter(|path| path.is_file()))
    }

    /// `garminsync/.env` in the configuration folder, whether it is there or not; nothing if nobody says where that is.
    pub fn usual_file(&self) -> Result<Option<PathBuf>, Error> {
        Ok(self.xdg("XDG_CONFIG_HOME", ".config")?.map(|dir| dir.join("garminsync/.env")))
    }

    /// Remembers that others can read the passwords of the file that was read.
    pub(super) fn remark_on(&mut self, path: &Path) {
        let is_login = |name: &str, value: &str| name.to_ascii_uppercase().ends_with("_PROXY") && value.contains('@');
        let holds_secret = self.file.iter().any(|(name, value)| {
            is_login(name, value) || (is_secret(name) && !name.ends_with("_FILE") && !value.trim().is_empty())
        });
        let is_open = std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.mode() & 0o077 != 0);
        if holds_secret && is_open {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
            self.open_file = Some(format!(
                "other users can read or write {}, and it contains passwords or keys; run: chmod 600 {}",
                path.display(),
                quoted(&path.display().to_string())
            ));
        }
    }
}

/// Where containers and service managers put secrets, as they see fit: their modes are no person's doing.
const MOUNTED: [&str; 2] = ["/run", "/var/run"];

impl Settings {
    /// Why others can read the secret in `NAME_FILE`, if that is the person's own file and a mode is all that it takes.
    pub(super) fn open_secret(&self, name: &str) -> Option<String> {
        if !is_secret(name) || self.get(name).is_some() {
            return None;
        }
        let path = self.path(&format!("{name}_FILE"))?;
        let meta = std::fs::metadata(&path).ok().filter(|meta| meta.is_file() && meta.mode() & 0o077 != 0)?;
        let is_own = meta.uid() == rustix::process::geteuid().as_raw();
        let real = std::fs::canonicalize(&path).ok()?;
        // Kubernetes mounts secrets anywhere, and where nobody can write no mode can be changed.
        let is_mounted = MOUNTED.iter().any(|folder| real.starts_with(folder) || path.starts_with(folder))
            || rustix::fs::statvfs(&real).is_ok_and(|stat| stat.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY));
        let shown = path.display().to_string();
        (is_own && !is_mounted)
            .then(|| format!("other users can read or write {shown} ({name}_FILE); run: chmod 600 {}", quoted(&shown)))
    }
}

/// Whether the `.env` file of the current folder is meant for us: any folder may hold one of another project, and any
/// shared folder one that somebody else has put there.
///
/// # Errors
/// Why it is not read although it has settings of ours.
fn is_ours(path: &Path) -> Result<bool, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("it cannot be read ({error})"))?;
    // What is no UTF-8 is refused when it is read, if it is ours.
    let statements = dotenv::read(&String::from_utf8_lossy(&bytes));
    let names = statements.iter().filter_map(|statement| match statement {
        Statement::Assignment { name, value: Some(_), .. } => Some(name.as_str()),
        _ => None,
    });
    let (mut own, mut shared) = (false, None);
    for name in names {
        own |= known::is_own(name);
        shared = shared.or_else(|| known::is_known(name).then(|| name.to_owned()));
    }
    match (own, shared) {
        (true, _) => std::fs::metadata(path).map_err(|error| error.to_string()).and_then(|meta| is_safe(&meta)),
        (false, Some(name)) => {
            Err(format!("it sets {name}, which other programs use too, and nothing that only garminsync uses"))
        }
        (false, None) => Ok(false),
    }
}

fn is_safe(meta: &Metadata) -> Result<bool, String> {
    if meta.uid() != rustix::process::geteuid().as_raw() {
        return Err(format!("it belongs to another user ({})", meta.uid()));
    }
    if meta.mode() & 0o022 != 0 {
        return Err("other users can write to it (chmod go-w fixes that)".into());
    }
    Ok(true)
}

/// The text of a `.env` file.
pub(super) fn text(path: &Path) -> Result<String, Error> {
    let bytes = std::fs::read(path)
        .map_err(|error| Error::Unusable(format!("{}: {error}; check --env-file", path.display())))?;
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        Error::Unusable(format!("{}, line {line}: this is not UTF-8; save the file as UTF-8", path.display()))
    })
}

/// A word as a shell takes it.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+,@:=".contains(c);
    if text.chars().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
