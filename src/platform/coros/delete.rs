//! Deletes an activity at COROS, which reports success for any number: only the list shows whether it is deleted. Pure.

use super::id_of;
use super::response::ApiResult;
use crate::activity::Activity;
use crate::http::form;
use crate::platform::{Error, Result};

/// Path and query of the deletion: a GET that is a write.
pub fn path(activity: &Activity) -> Result<String> {
    Ok(format!("/activity/delete?{}", form(&[("labelId", id_of(activity)?)])))
}

/// Reads the result.
pub fn read(result: ApiResult) -> Result<()> {
    match result {
        ApiResult::Data(_) => Ok(()),
        ApiResult::Rejected { error, .. } => Err(Error::Rejected(format!("COROS rejected the deletion: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::response::ServiceError;
    use super::*;
    use serde_json::Value;

    fn activity(id: &str) -> Activity {
        Activity { platform: "coros".into(), id: id.into(), ..Activity::default() }
    }

    #[test]
    fn only_a_number_can_be_deleted() {
        assert_eq!(path(&activity("479396244626636805")).unwrap(), "/activity/delete?labelId=479396244626636805");
        for bad in ["", "1,2", "1&labelId=2", "x", "123456789012345678901"] {
            assert!(matches!(path(&activity(bad)), Err(Error::Rejected(_))), "{bad}");
        }
    }

    #[test]
    fn the_result_of_a_deletion_is_checked() {
        assert!(read(ApiResult::Data(Value::Null)).is_ok());
        let error = ServiceError { code: "1001".into(), message: "Service exceptions".into() };
        let refused = ApiResult::Rejected { status: 200, error };
        assert!(matches!(read(refused), Err(Error::Rejected(words)) if words.contains("1001 Service exceptions")));
    }
}
