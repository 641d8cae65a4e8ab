//! COROS' deletion, which says yes to whatever number it is given: whether anything is gone, only the list tells. Pure.

use super::id_of;
use super::response::Answer;
use crate::activity::Activity;
use crate::http::form;
use crate::platform::{Error, Result};

/// Path and query of the deletion: a GET that is a write.
pub fn path(activity: &Activity) -> Result<String> {
    Ok(format!("/activity/delete?{}", form(&[("labelId", id_of(activity)?)])))
}

/// Reads the answer.
pub fn read(answer: Answer) -> Result<()> {
    match answer {
        Answer::Data(_) => Ok(()),
        Answer::Refused { words, .. } => Err(Error::Refused(format!("COROS did not delete it: {words}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn activity(id: &str) -> Activity {
        Activity { platform: "coros".into(), id: id.into(), ..Activity::default() }
    }

    #[test]
    fn only_a_number_is_deleted() {
        assert_eq!(path(&activity("479396244626636805")).unwrap(), "/activity/delete?labelId=479396244626636805");
        for bad in ["", "1,2", "1&labelId=2", "x", "123456789012345678901"] {
            assert!(matches!(path(&activity(bad)), Err(Error::Refused(_))), "{bad}");
        }
    }

    #[test]
    fn ancestors_12_the_result_of_a_deletion_is_looked_at() {
        assert!(read(Answer::Data(Value::Null)).is_ok());
        let refused = Answer::Refused { status: 200, words: "1001 Service exceptions".into() };
        assert!(matches!(read(refused), Err(Error::Refused(words)) if words.contains("1001 Service exceptions")));
    }
}
