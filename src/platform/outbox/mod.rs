//! An outbox: `outbox:PATH`, a folder that another program empties.
//!
//! An outbox is write-only. What was delivered stands in the journal of uploads, whether or not it is still in the
//! folder, so nothing is concluded from a file that is missing there, and nothing is listed.
//!
//! A delivery has two steps, so that each file is delivered exactly once, whenever the program is killed.
//! [`upload`](PlatformWriter::upload) writes a hidden temporary file and returns a reference, which the engine stores
//! in the journal. [`upload_status`](PlatformWriter::upload_status) gives the file its final name, in one step. A
//! temporary file without a reference was never visible to the other program, and is written again.

mod publish;
mod reference;

use std::cell::RefCell;
use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use self::publish::Published;
use self::reference::Reference;
use super::local_path::path_in;
use super::{
    Context, Download, Error, Identity, ListEnd, Page, PlatformKind, PlatformReader, PlatformSpec, PlatformWriter,
    Result, SettingSource, UploadFile, UploadRef, UploadStatus, Window,
};
use crate::activity::{Activity, Format};
use crate::clock::Moment;
use crate::hex;
use crate::name_pattern::{FileName, NamePattern, NameValues};

/// What an outbox cannot do.
const WRITE_ONLY: &str = "write-only, nothing to list or download";

/// The platform that `outbox:PATH` names; `None` if `name` is not of that form.
pub fn spec(name: &str) -> Option<PlatformSpec> {
    let path = path_in(name, "outbox")?;
    Some(PlatformSpec {
        id: format!("outbox:{path}").into(),
        title: "Outbox",
        native_manufacturer: None,
        upload_formats: &[Format::Fit],
        rejected_sports: &[],
        allows_duplicates: true,
        can_delete: false,
        kind: PlatformKind::Outbox(path.into()),
    })
}

/// How files are delivered.
#[derive(Debug, Default)]
pub(super) struct DeliveryOptions {
    pattern: NamePattern,
    is_compressed: bool,
}

impl DeliveryOptions {
    /// The options in the settings.
    ///
    /// # Errors
    /// [`Error::Config`]: a setting has an invalid value.
    pub fn read(settings: &dyn SettingSource) -> Result<DeliveryOptions> {
        let pattern = match settings.text("GS_OUTBOX_NAME") {
            Some(text) => NamePattern::parse(&text)
                .map_err(|why| Error::Config(format!("invalid GS_OUTBOX_NAME {text:?}: {why}")))?,
            None => NamePattern::default(),
        };
        Ok(DeliveryOptions { pattern, is_compressed: settings.flag("GS_OUTBOX_GZIP")? })
    }
}

/// A folder that another program empties.
pub(super) struct Outbox {
    dir: PathBuf,
    context: Context,
    options: DeliveryOptions,
    /// The names of files that are written and not published yet.
    reserved: RefCell<HashSet<String>>,
}

impl Outbox {
    /// The outbox at this path.
    pub fn new(dir: PathBuf, context: Context, options: DeliveryOptions) -> Outbox {
        Outbox { dir, context, options, reserved: RefCell::default() }
    }

    /// The name of the temporary file for an activity: always the same, so that a file that a killed program left is
    /// replaced. Each data folder has its own, because several may share an outbox.
    fn part_name(&self, file: &UploadFile) -> String {
        let source = file.activity.map_or(file.name, |activity| activity.id.as_str());
        let platform = file.activity.map_or("", |activity| activity.platform.as_str());
        let text = format!("{}\0{platform}\0{source}", self.context.tokens.display());
        format!("{}{}", publish::UNPUBLISHED, short_hash(text.as_bytes()))
    }

    fn name(&self, file: &UploadFile) -> FileName {
        let hash = short_hash(file.bytes);
        let values = NameValues { file: file.name, activity: file.activity, hash: &hash };
        let format = file.format.name();
        let extension = if self.options.is_compressed { format!("{format}.gz") } else { format.to_owned() };
        self.options.pattern.name(&values, &extension)
    }

    /// A name that no file has, had or will have: one that was delivered may stand in a folder of the other program.
    fn free_name(&self, name: &FileName) -> String {
        let is_taken = |name: &String| {
            self.reserved.borrow().contains(name)
                || fs::symlink_metadata(self.dir.join(name)).is_ok()
                || (self.context.is_delivered)(name)
        };
        let mut names = (1..).map(|number| name.numbered(number));
        names.find(|name| !is_taken(name)).unwrap_or_else(|| name.numbered(u32::MAX))
    }

    /// Gives a written file its final name, unless that was done before.
    fn publish(&self, reference: &Reference) -> Result<UploadStatus> {
        let mut name = reference.name.clone();
        let published = loop {
            match publish::publish(&self.dir, &reference.part, &name)? {
                // Another program has written a file of this name since.
                Published::NameTaken => name = self.free_name(&reference.file_name()),
                done => break done,
            }
        };
        self.reserved.borrow_mut().remove(&reference.name);
        if published == Published::Before {
            return Ok(UploadStatus::Created(Some(reference.name.clone())));
        }
        Ok(UploadStatus::Created(Some(name)))
    }

    fn status(&self, upload: &UploadRef) -> Result<UploadStatus> {
        if let Some(reference) = upload.status_ref.and_then(Reference::parse) {
            return self.publish(&reference);
        }
        // Nothing was published. If the file is not written again, none is left behind.
        if let Some(file) = &upload.file {
            let _ = fs::remove_file(self.dir.join(self.part_name(file)));
        }
        Ok(UploadStatus::Unknown)
    }
}

/// The first 8 bytes of a SHA-256, in hex.
fn short_hash(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..8])
}

fn compressed(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

impl PlatformReader for Outbox {
    fn list(&self, _: &Window, _: &mut dyn FnMut(Page) -> Result<ControlFlow<()>>) -> Result<ListEnd> {
        Err(Error::Rejected(WRITE_ONLY.to_owned()))
    }

    fn count(&self) -> Result<Option<u64>> {
        Ok(None)
    }

    fn exists(&self, _: &Activity) -> Result<Option<bool>> {
        Ok(None)
    }

    fn download(&self, _: &Activity) -> Result<Download> {
        Err(Error::Rejected(WRITE_ONLY.to_owned()))
    }

    fn identify(&self, _fresh: bool) -> Result<Option<Identity>> {
        Ok(None)
    }
}

impl PlatformWriter for Outbox {
    fn upload(&self, file: &UploadFile) -> Result<UploadStatus> {
        publish::check(&self.dir)?;
        let bytes = match self.options.is_compressed {
            true => &compressed(file.bytes).map_err(|error| publish::failed(&self.dir, &error))?,
            false => file.bytes,
        };
        let part = self.part_name(file);
        publish::write_part(&self.dir, &part, bytes)?;
        let name = self.free_name(&self.name(file));
        self.reserved.borrow_mut().insert(name.clone());
        Ok(UploadStatus::Pending(Reference { part, name }.to_string()))
    }

    fn upload_status(&self, sent: &[UploadRef]) -> Result<Vec<Result<UploadStatus>>> {
        publish::check(&self.dir)?;
        Ok(sent.iter().map(|upload| self.status(upload)).collect())
    }

    fn delete(&self, _activity: &Activity, _not_after: Option<Moment>) -> Result<()> {
        Err(Error::Rejected("garminsync never deletes a delivered file; delete it by hand".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_spelling_of_an_outbox_gives_the_same_id() {
        let name = |text: &str| spec(text).map(|spec| spec.id.to_string());
        for same in ["outbox:/srv/in box", "Outbox:/srv/./x/../in box/", "OUTBOX://srv//in box"] {
            assert_eq!(name(same).as_deref(), Some("outbox:/srv/in box"), "{same}");
        }
        for none in ["outbox", "outbox:", "outbox: ", "outboxes:/x", "folder:/x", "outbox:/a\nb"] {
            assert_eq!(name(none), None, "{none}");
        }
    }
}
