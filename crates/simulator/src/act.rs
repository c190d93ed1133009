//! What an operator does to the tenant: answer codes, and change devices and users.

use serde::Deserialize;
use serde_json::{Value, json};
use tenant_model::reading;
use tenant_model::views::{DeviceAction, UserAction};

use crate::cloud;
use crate::hub::{State, now_ms};
use crate::refused::AdminError;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answering {
    code: String,
    user: String,
}

/// Another name, or another owner.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct To {
    to: String,
}

/// Performs the call whose path has these words.
pub(crate) fn perform(state: &mut State, words: &[&str], body: &[u8]) -> Result<Value, AdminError> {
    let tenant = &mut state.tenant;
    match words {
        ["approve"] => {
            let Answering { code, user } = reading::read(&reading::parse(body)?)?;
            tenant.approve(&code, &user, now_ms()).map_err(refused)?;
        }
        ["deny"] => {
            let Answering { code, user } = reading::read(&reading::parse(body)?)?;
            tenant.deny(&code, &user, now_ms()).map_err(refused)?;
        }
        ["device", id, action] => tenant.device(id, device_action(action, body)?).map_err(refused)?,
        ["intune", id, action] => {
            cloud::administer(state, id, intune_action(action)?).map_err(refused)?;
        }
        ["user", upn, "approve-factor"] => tenant.approve_factor(upn, now_ms()).map_err(refused)?,
        ["user", upn, "deny-factor"] => tenant.deny_factor(upn, now_ms()).map_err(refused)?,
        ["user", upn, action] => tenant.user(upn, user_action(action, body)?).map_err(refused)?,
        _ => return Err(AdminError::NoCall),
    }
    Ok(json!({ "done": true }))
}

fn device_action(word: &str, body: &[u8]) -> Result<DeviceAction, AdminError> {
    match word {
        "disable" => Ok(DeviceAction::Disable),
        "enable" => Ok(DeviceAction::Enable),
        "delete" => Ok(DeviceAction::Delete),
        "comply" => Ok(DeviceAction::Comply),
        "fail" => Ok(DeviceAction::Fail),
        "own" => {
            let To { to } = reading::read(&reading::parse(body)?)?;
            Ok(DeviceAction::Own(to))
        }
        _ => Err(AdminError::NoCall),
    }
}

fn intune_action(word: &str) -> Result<tenant_intune::DeviceAction, AdminError> {
    match word {
        "retire" => Ok(tenant_intune::DeviceAction::Retire),
        "delete" => Ok(tenant_intune::DeviceAction::Delete),
        _ => Err(AdminError::NoCall),
    }
}

fn user_action(word: &str, body: &[u8]) -> Result<UserAction, AdminError> {
    match word {
        "disable" => Ok(UserAction::Disable),
        "enable" => Ok(UserAction::Enable),
        "recreate" => Ok(UserAction::Recreate),
        "license" => Ok(UserAction::License),
        "unlicense" => Ok(UserAction::Unlicense),
        "sign-out" => Ok(UserAction::SignOut),
        "rename" => {
            let To { to } = reading::read(&reading::parse(body)?)?;
            Ok(UserAction::Rename(to))
        }
        _ => Err(AdminError::NoCall),
    }
}

fn refused(error: impl std::fmt::Display) -> AdminError {
    AdminError::Refused(error.to_string())
}
