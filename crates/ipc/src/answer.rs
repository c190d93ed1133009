use model::Secret;
use serde::{Deserialize, Serialize};

/// What a client says to [`Message::AskPassword`](crate::Message::AskPassword),
/// [`Message::AskRecoveryCode`](crate::Message::AskRecoveryCode) or
/// [`Message::AskJoinToken`](crate::Message::AskJoinToken), in exactly one frame.
///
/// It has neither `Clone` nor `PartialEq`, and its `Debug` shows which answer it is and never its secret.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// The person's password.
    Password {
        /// UTF-8 as typed, without the line end.
        #[serde(with = "password")]
        password: Secret<String>,
    },
    /// The person signs in with a device code instead.
    UseCode {},
    /// The recovery code of keys that are bound to the boot state.
    RecoveryCode {
        /// UTF-8 as typed, without the line end.
        #[serde(with = "password")]
        code: Secret<String>,
    },
    /// The refresh token that the machine is registered with.
    JoinToken {
        /// As the file has it, without white space around it.
        #[serde(with = "password")]
        token: Secret<String>,
    },
}

/// A password or code as a JSON string; what is none is not quoted in the error.
mod password {
    use model::Secret;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(password: &Secret<String>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(password.expose())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Secret<String>, D::Error> {
        String::deserialize(from).map(Secret::new).map_err(|_| D::Error::custom("the answer is no text"))
    }
}
