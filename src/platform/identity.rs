//! The owner of an account, identified by the service's user id, which never changes, unlike names and e-mail
//! addresses.

use super::Result;

/// The owner of an account, as the service names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The service's user id: Garmin's `profileId`, COROS' `userId`, the athlete id of intervals.icu. At COROS it is
    /// half of the URL of every file of the person, and these URLs need no login. So it is never shown, or stored
    /// outside the token file.
    pub user_id: String,
    /// The name that the service shows.
    pub name: Option<String>,
    /// The e-mail address, if the service names it.
    pub email: Option<String>,
}

/// Compares the owner of a new token with the account that the data folder belongs to.
pub trait OwnerGuard: Send + Sync {
    /// Accepts a new login. The account of the first login becomes the owner of the data folder.
    ///
    /// `email` is the address of the login, if the person typed it or it is in the settings. It is recorded as an
    /// address of this account.
    ///
    /// # Errors
    /// [`OtherAccount`](super::Error::OtherAccount): the data folder belongs to another account. The new token must not
    /// be saved.
    fn admit(&self, identity: &Identity, email: Option<&str>) -> Result<()>;

    /// Accepts a login with another user id than the owner's, whose activities have shown that it is the same account.
    /// From now on the owner has this id.
    fn replace_id(&self, identity: &Identity, email: Option<&str>) -> Result<()>;

    /// Whether an account of the platform was ever listed, with at least one activity.
    fn has_listed(&self) -> Result<bool>;

    /// Whether the data folder has an owner. If it has, a login with an unknown owner must not replace its token.
    fn is_owned(&self) -> Result<bool>;
}

/// A masked e-mail address that its owner recognises and that is useless to others: `a***@example.com`.
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
