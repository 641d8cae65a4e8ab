//! Certificate authorities that replace those of the system: `SSL_CERT_FILE` and `SSL_CERT_DIR`.
//!
//! This module reads them instead of the TLS library, so that they can also be set in `.env` and an unusable file is an
//! error.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Certificate authorities.
#[derive(Clone)]
pub struct CaCertificates(Arc<Vec<CertificateDer<'static>>>);

impl CaCertificates {
    /// Reads a file and all files of these folders, each in PEM format.
    ///
    /// # Errors
    /// A file or folder cannot be read, or they contain no certificate.
    pub fn read(file: Option<&Path>, folders: &[PathBuf]) -> Result<CaCertificates, String> {
        let mut all = Vec::new();
        if let Some(file) = file {
            take(file, &mut all).map_err(|why| format!("SSL_CERT_FILE: {}: {why}", file.display()))?;
        }
        for folder in folders {
            let named = |why: String| format!("SSL_CERT_DIR: {}: {why}", folder.display());
            for entry in std::fs::read_dir(folder).map_err(|error| named(error.to_string()))? {
                let path = entry.map_err(|error| named(error.to_string()))?.path();
                // A dangling link is a remnant of a removed authority.
                if path.is_file() {
                    take(&path, &mut all).map_err(named)?;
                }
            }
        }
        if all.is_empty() {
            let places: Vec<String> = file
                .into_iter()
                .chain(folders.iter().map(PathBuf::as_path))
                .map(|path| path.display().to_string())
                .collect();
            return Err(format!("SSL_CERT_FILE, SSL_CERT_DIR: {} contains no PEM certificate", places.join(", ")));
        }
        Ok(CaCertificates(Arc::new(all)))
    }

    /// The certificates for rustls. Certificates that are not of an authority are left out, as other programs do.
    pub(super) fn store(&self) -> RootCertStore {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(self.0.iter().cloned());
        store
    }
}

fn take(path: &Path, all: &mut Vec<CertificateDer<'static>>) -> Result<(), String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    for certificate in CertificateDer::pem_slice_iter(&bytes) {
        all.push(certificate.map_err(|_| format!("{} is not valid PEM", path.display()))?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";

    #[test]
    fn certificates_are_read_from_files_and_folders_and_errors_name_them() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("two.pem"), format!("# text\n{ONE}{ONE}")).unwrap();
        std::fs::create_dir(at("folder")).unwrap();
        std::fs::write(at("folder/a.0"), ONE).unwrap();
        std::fs::write(at("folder/README"), "nothing").unwrap();
        std::os::unix::fs::symlink("gone", at("folder/b.0")).unwrap();
        let count = |file: Option<&str>, folders: &[&str]| {
            let folders: Vec<PathBuf> = folders.iter().map(|name| at(name)).collect();
            CaCertificates::read(file.map(at).as_deref(), &folders).map(|certificates| certificates.0.len())
        };
        assert_eq!(count(Some("two.pem"), &[]), Ok(2));
        assert_eq!(count(Some("two.pem"), &["folder"]), Ok(3));
        assert_eq!(count(None, &["folder", "folder"]), Ok(2));
        assert!(count(Some("gone.pem"), &["folder"]).unwrap_err().contains("SSL_CERT_FILE: "));
        assert!(count(None, &["gone"]).unwrap_err().contains("SSL_CERT_DIR: "));
        assert!(count(Some("folder/README"), &[]).unwrap_err().contains("no PEM certificate"));
        std::fs::write(at("folder/c.0"), "-----BEGIN CERTIFICATE-----\nnothing").unwrap();
        assert!(count(None, &["folder"]).unwrap_err().contains("not valid PEM"));
    }
}
