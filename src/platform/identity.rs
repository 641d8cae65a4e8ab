//! Whose account it is: by the service's own id of the person, which never changes, unlike names and e-mail addresses.

use super::Result;

/// The owner of an account, as the service tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The service's own id of the person: Garmin's `profileId`, COROS' `userId`. Digits. COROS' is half of the address of
    /// every file of the person, which needs no login: it is never shown or written down outside the token's file.
    pub user_id: String,
    /// The name the service shows.
    pub name: Option<String>,
    /// The e-mail address, if the service tells it.
    pub email: Option<String>,
}

/// Compares the owner of a new token with the account that the data folder belongs to.
pub trait OwnerGuard: Send + Sync {
    /// Accepts a new login. The first one decides whose data folder it is.
    ///
    /// `email` is the address that the person logged in with, if it was typed or stands in the settings: from then on it is
    /// known to name this account.
    ///
    /// # Errors
    /// [`OtherAccount`](super::Error::OtherAccount): the data folder belongs to somebody else. The new token must not be kept.
    fn admit(&self, identity: &Identity, email: Option<&str>) -> Result<()>;

    /// Whether the data folder belongs to somebody: a login of which nobody knows whose it is must not replace theirs.
    fn is_owned(&self) -> Result<bool>;
}

/// An e-mail address that its owner recognises and nobody else can use: `a***@example.com`.
pub fn masked(email: &str) -> String {
    match email.trim().split_once('@') {
        Some((name, domain)) => format!("{}***@{domain}", name.chars().next().map(String::from).unwrap_or_default()),
        None => "***".to_owned(),
    }
}

/// The person in words: the name that the service shows and the masked e-mail address.
pub fn described(name: Option<&str>, email: Option<&str>) -> String {
    // Some services use the e-mail address as the name.
    let name = name.filter(|name| !name.trim().is_empty() && !name.contains('@'));
    match (name, email.map(masked)) {
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
    fn an_address_is_masked_to_what_its_owner_recognises() {
        assert_eq!(masked("ann@example.com"), "a***@example.com");
        assert_eq!(masked(" É.b@example.cn "), "É***@example.cn");
        assert_eq!(masked("@example.com"), "***@example.com");
        assert_eq!(masked("no address"), "***");
    }

    #[test]
    fn a_person_is_named_by_what_is_known() {
        let named = described;
        assert_eq!(named(Some("Ann"), Some("ann@example.com")), "Ann (a***@example.com)");
        assert_eq!(
            named(Some("ann@example.com"), None),
            "an account without a name",
            "an address is never shown whole"
        );
        assert_eq!(named(Some(" "), Some("ann@example.com")), "a***@example.com");
        assert_eq!(named(Some("Ann"), None), "Ann");
    }
}
