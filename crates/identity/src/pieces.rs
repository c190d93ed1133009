//! What a stage is made of, for a state that goes on with it.

use crate::{DeviceKeys, Endpoints, Identity, Intent, Intune, IntuneIntent, Stage, StoredReply};
use model::{Account, IntentId, KeyHandle, RequestId};

/// What of an intent is on disk between two works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// Nothing but the intent.
    Nothing,
    /// The intent and its keys; no request is under way.
    Keys(DeviceKeys),
    /// A reply that holds nothing usable; its keys serve the next request.
    Unusable(Post, StoredReply),
}

/// The keys of an intent that came to nothing: they serve the next one, where they fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetainedKeys {
    /// The intent that they carry the id of.
    pub intent: Intent,
    /// Both keys.
    pub keys: DeviceKeys,
}

/// Keys that no tenant has a claim to yet, and the name that they carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedPair {
    /// The intent that they will be the keys of.
    pub id: IntentId,
    /// Both keys, made and never sent anywhere.
    pub keys: DeviceKeys,
}

/// One announced join request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// The keys that it is made with.
    pub keys: DeviceKeys,
    /// Counts from 1.
    pub attempt: u32,
    /// The `client-request-id` that the request carries.
    pub request: RequestId,
    /// The endpoint that it goes to, as it was learnt before.
    pub endpoints: Endpoints,
    /// Who signs in.
    pub owner: Account,
}

/// One announced enrolment request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    /// The intent whose owner sends it.
    pub intent: IntuneIntent,
    /// The key that it is made with.
    pub key: KeyHandle,
    /// Counts from 1.
    pub attempt: u32,
    /// The `client-request-id` that the request carries.
    pub request: RequestId,
}

impl Held {
    /// What stays of this for the next intent, if keys were made.
    pub fn retained(&self, intent: &Intent) -> Option<Box<RetainedKeys>> {
        let keys = self.keys()?.clone();
        Some(Box::new(RetainedKeys { intent: intent.clone(), keys }))
    }

    /// The keys, if they are made.
    pub fn keys(&self) -> Option<&DeviceKeys> {
        match self {
            Held::Nothing => None,
            Held::Keys(keys) | Held::Unusable(Post { keys, .. }, _) => Some(keys),
        }
    }

    /// As the stage of this intent.
    pub fn stage(&self, intent: &Intent) -> Stage {
        match self {
            Held::Nothing => Stage::Intent(intent.clone()),
            Held::Keys(keys) => Stage::KeysReady(intent.clone(), keys.clone()),
            Held::Unusable(post, reply) => post.answered(intent, reply.clone()),
        }
    }
}

impl Post {
    /// The stage before its end is known.
    pub fn announced(&self, intent: &Intent) -> Stage {
        let Post { keys, attempt, request, endpoints, owner } = self.clone();
        Stage::Joining { intent: intent.clone(), keys, attempt, request, endpoints, owner }
    }

    /// The stage with its reply, which is not read yet.
    pub fn answered(&self, intent: &Intent, reply: StoredReply) -> Stage {
        let Post { keys, attempt, request, endpoints, owner } = self.clone();
        Stage::ReplyStored { intent: intent.clone(), keys, attempt, request, endpoints, owner, reply }
    }
}

impl Posting {
    /// The Intune half before its end is known.
    pub fn announced(&self) -> Intune {
        let Posting { intent, key, attempt, request } = self.clone();
        Intune::Posting { intent, key, attempt, request }
    }

    /// The Intune half with its reply, which is not read yet.
    pub fn answered(&self, reply: StoredReply) -> Intune {
        let Posting { intent, key, attempt, request } = self.clone();
        Intune::ReplyStored { intent, key, attempt, request, reply }
    }
}

impl Identity {
    /// Every key of it, the one of Intune last.
    pub fn all_keys(&self) -> impl Iterator<Item = &KeyHandle> {
        [&self.keys.device, &self.keys.transport].into_iter().chain(self.intune.key())
    }
}
