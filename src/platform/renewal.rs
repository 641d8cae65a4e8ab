//! The renewal of a token, and the check of a key: not begun again in a run after a temporary failure.

use std::cell::RefCell;

use super::{Error, Result};

/// The temporary failure of a renewal in this run. Every request needs a token, and a service that is overloaded or
/// limits requests must not be asked for one again by each of them.
#[derive(Default)]
pub(super) struct FailedRenewal(RefCell<Option<Error>>);

impl FailedRenewal {
    /// Begins a renewal, unless one has failed in this run: then this returns its error.
    pub(super) fn or_begin<T>(&self, begin: impl FnOnce() -> Result<T>) -> Result<T> {
        if let Some(error) = self.0.borrow().clone() {
            return Err(error);
        }
        begin().inspect_err(|error| {
            if matches!(error, Error::Retry { .. }) {
                self.0.replace(Some(error.clone()));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renewal_that_failed_for_a_while_is_not_begun_again() {
        let failed = FailedRenewal::default();
        let mut begun = 0;
        let mut renew = |result: Result<()>| {
            failed.or_begin(|| {
                begun += 1;
                result
            })
        };
        assert!(matches!(renew(Err(Error::Login("ended".into()))), Err(Error::Login(_))));
        assert!(renew(Ok(())).is_ok() && renew(Err(Error::retry_platform("overloaded"))).is_err());
        assert!(matches!(renew(Ok(())), Err(Error::Retry { message, platform_wide: true }) if message == "overloaded"));
        assert_eq!(begun, 3);
    }
}
