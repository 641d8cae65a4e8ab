//! The owner of an account, by the service's own user id, which never changes, unlike names and e-mail addresses.

use super::Result;

/// The owner of an account, as the service tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The service's own user id: Garmin's `profileId`, COROS' `userId`. Digits. At COROS it is half of the URL of
    /// every file of the person, which needs no login: it is never shown or stored outside the token file.
    pub user_id: String,
    /// The name the service shows.
    pub name: Option<String>,
    /// The e-mail address, if the service tells it.
    pub email: Option<String>,
}

/// Compares the owner of a new token with the account that the data folder belongs to.
pub trait OwnerGuard: Send + Sync {
    /// Accepts a new login. The first one decides who owns the data folder.
    ///
    /// `email` is the address that the person logged in with, if it was typed or is in the settings: from then on it is
    /// known to name this account.
    ///
    /// # Errors
    /// [`OtherAccount`](super::Error::OtherAccount): the data folder belongs to another account. The new token must not
    /// be saved.
    fn admit(&self, identity: &Identity, email: Option<&str>) -> Result<()>;

    /// Whether the data folder has an owner: a login with an unknown owner must not replace it.
    fn is_owned(&self) -> Result<bool>;
}

/// An e-mail address that its owner recognises, and that is useless to others: `a***@example.com`.
pub fn mask_email(email: &str) -> String {
    match email.trim().split_once('@') {
        Some((name, domain)) => format!("{}***@{domain}", name.chars().next().map(String::from).unwrap_or_default()),
        None => "***".to_owned(),
    }
}

/// The text for a person: the name that the service shows, and the masked e-mail address.
pub fn describe_person(name: Option<&str>, email: Option<&str>) -> String {
    // Some services use the e-mail address as the name.
    let name = name.filter(|name| !name.trim().is_empty() && !name.contains('@'));
    match (name, email.map(mask_email)) {
        (Some(name), Some(email)) => format!("{name} ({email})"),
        (Some(name), None) => name.to_owned(),
        (None, Some(email)) => email,
        (None, None) => "an account without a name".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_address_shows_its_first_letter_and_domain() {
        assert_eq!(mask_email("ann@example.com"), "a***@example.com");
        assert_eq!(mask_email(" É.b@example.cn "), "É***@example.cn");
        assert_eq!(mask_email("@example.com"), "***@example.com");
        assert_eq!(mask_email("no address"), "***");
    }

    #[test]
    fn a_person_is_described_by_name_and_masked_address() {
        let named = describe_person;
        assert_eq!(named(Some("Ann"), Some("ann@example.com")), "Ann (a***@example.com)");
        assert_eq!(
            named(Some("ann@example.com"), None),
            "an account without a name",
            "an address is never shown in full"
        );
        assert_eq!(named(Some(" "), Some("ann@example.com")), "a***@example.com");
        assert_eq!(named(Some("Ann"), None), "Ann");
    }
}
