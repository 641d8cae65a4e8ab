//! The profile of an account.

use super::account::Account;
use crate::http::Response;
use serde_json::json;

/// The social profile of an account.
pub fn social(account: &Account) -> Response {
    let name = account.spec.email.split('@').next().unwrap_or("runner");
    let mut body = json!({
        "id": account.profile + 7, "profileId": account.profile,
        "garminGUID": format!("00000000-0000-4000-8000-{:012}", account.profile),
        "displayName": name, "fullName": "Test Runner", "userName": name,
        "profileImageType": null, "location": null, "facebookUrl": null, "bio": null,
        "primaryActivity": null, "favoriteActivityTypes": [], "runningTrainingSpeed": 0.0,
        "cyclingTrainingSpeed": 0.0, "profileVisibility": "private",
        "activityStartVisibility": "private", "showAge": false, "nameApproved": true,
        "userProfileFullName": "Test Runner", "userLevel": 2, "userPoint": 60,
        "levelPointThreshold": 140, "userPro": false,
    });
    if let Some(fields) = body.as_object_mut().filter(|_| account.spec.without_display_name) {
        fields.remove("displayName");
    }
    Response::json(200, &body)
}

/// The settings of an account.
pub fn settings(account: &Account) -> Response {
    Response::json(
        200,
        &json!({
            "id": account.profile,
            "userData": {
                "gender": null, "weight": null, "height": null, "birthDate": null, "vo2MaxRunning": null,
                "measurementSystem": "metric", "timeFormat": "time_twenty_four_hr", "handedness": "RIGHT",
                "firstDayOfWeek": {"dayId": 3, "dayName": "monday", "sortOrder": 3, "isPossibleFirstDay": true},
            },
            "userSleep": {"sleepTime": 79_200, "defaultSleepTime": false, "wakeTime": 21_600, "defaultWakeTime": false},
            "connectDate": null, "sourceType": null,
        }),
    )
}
