//! The storage key that our keys hang on, and the session that hides what passes.

use crate::blob::Blob;
use crate::fault::{AUTH_FAIL, BAD_AUTH, Fault, HANDLE, HIERARCHY};
use crate::software::sha256;
use crate::template;
use hsm::{HsmError, Obstacle};
use model::MachineBinding;
use model::hex;
use tss_esapi::Context;
use tss_esapi::attributes::SessionAttributesBuilder;
use tss_esapi::constants::SessionType;
use tss_esapi::handles::{KeyHandle, ObjectHandle, PersistentTpmHandle, SessionHandle, TpmHandle};
use tss_esapi::interface_types::algorithm::HashingAlgorithm;
use tss_esapi::interface_types::resource_handles::Hierarchy;
use tss_esapi::interface_types::session_handles::AuthSession;
use tss_esapi::structures::{Auth, Public, SensitiveData, SymmetricDefinition};

/// A loaded storage key with a session that is salted to it and encrypts parameters both ways.
pub(crate) struct Storage<'a> {
    context: &'a mut Context,
    key: KeyHandle,
    session: AuthSession,
}

/// Works below the storage key for new keys: the one at 0x81000001 where it is fit, else ours. The work is
/// given what keys record of the TPM: `tpm-endorsement` where it can be read, and `tpm-srk`.
pub(crate) fn with_storage<T>(
    context: &mut Context,
    work: impl FnOnce(&mut Storage<'_>, Vec<(String, String)>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let endorsement = endorsement(context)?.map(|name| (ENDORSEMENT.to_owned(), name));
    let root = match persistent(context)? {
        Some(root) => root,
        None => primary(context, Hierarchy::Owner)?,
    };
    let identity = endorsement.into_iter().chain([(SRK.to_owned(), root.name.clone())]).collect();
    below(context, root, |storage| work(storage, identity))
}

/// Works below the storage key that is recorded, which is known by its name; `what` records it.
pub(crate) fn with_recorded<T>(
    context: &mut Context,
    recorded: &MachineBinding,
    what: &'static str,
    work: impl FnOnce(&mut Storage<'_>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let wanted = component(recorded, SRK).ok_or(HsmError::Integrity(what))?;
    let root = match persistent(context)? {
        Some(root) if root.name == wanted => root,
        other => {
            other.map_or(Ok(()), |root| root.release(context))?;
            primary(context, Hierarchy::Owner)?
        }
    };
    if root.name == wanted {
        return below(context, root, work);
    }
    root.release(context)?;
    Err(foreign(recorded, endorsement(context)?.as_deref()).into())
}

/// The storage key has another name. A clear changes it and leaves the endorsement hierarchy as it was.
fn foreign(recorded: &MachineBinding, endorsement: Option<&str>) -> HsmError {
    match (component(recorded, ENDORSEMENT), endorsement) {
        (Some(then), Some(now)) if then == now => HsmError::KeyGone(CLEARED.to_owned()),
        _ => HsmError::OtherMachine(SRK.to_owned()),
    }
}

fn component<'a>(binding: &'a MachineBinding, name: &str) -> Option<&'a str> {
    let found = binding.components.iter().find(|(known, _)| known == name);
    found.map(|(_, digest)| digest.as_str())
}

fn below<T>(
    context: &mut Context,
    root: Root,
    work: impl FnOnce(&mut Storage<'_>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let key = root.key;
    let result = with_session(context, key, SessionType::Hmac, |context, session| {
        work(&mut Storage { context, key, session })
    });
    both(result, root.release(context))
}

/// Works with a session that is salted to the storage key and encrypts parameters both ways.
pub(crate) fn with_session<T>(
    context: &mut Context,
    key: KeyHandle,
    kind: SessionType,
    work: impl FnOnce(&mut Context, AuthSession) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let session = context.start_auth_session(
        Some(key),
        None,
        None,
        kind,
        SymmetricDefinition::AES_128_CFB,
        HashingAlgorithm::Sha256,
    )?;
    let session = session.ok_or_else(|| HsmError::Backend("the TPM opens no session".to_owned()))?;
    let (attributes, mask) = SessionAttributesBuilder::new()
        .with_decrypt(true)
        .with_encrypt(true)
        .with_continue_session(true)
        .build();
    let result = match context.tr_sess_set_attributes(session, attributes, mask) {
        Ok(()) => work(context, session),
        Err(error) => Err(error.into()),
    };
    both(result, flushed(context, SessionHandle::from(session).into()))
}

impl Storage<'_> {
    /// The connection, and the storage key.
    pub(crate) fn parts(&mut self) -> (&mut Context, KeyHandle) {
        (self.context, self.key)
    }

    /// Makes an object below the storage key; it is not loaded.
    pub(crate) fn create(&mut self, public: Public, auth: &[u8], data: Option<&[u8]>) -> Result<Blob, Fault> {
        let (auth, data) = (Auth::try_from(auth)?, data.map(SensitiveData::try_from).transpose()?);
        let key = self.key;
        let make = |context: &mut Context| context.create(key, public, Some(auth), data, None, None);
        let made = self.context.execute_with_session(Some(self.session), make);
        made.map_err(|error| storage_fault(error.into())).and_then(Blob::of)
    }

    /// Loads an object, uses it and flushes it again; `what` names it where the TPM refuses its bytes.
    pub(crate) fn with_object<T>(
        &mut self,
        blob: &Blob,
        auth: &[u8],
        what: &'static str,
        work: impl FnOnce(&mut Context, KeyHandle) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let work = |context: &mut Context, loaded| work(context, loaded).map_err(|fault| opened(fault, what));
        self.with_loaded(blob, auth, what, work)
    }

    /// The same for work that judges refusals of its auth value itself.
    pub(crate) fn with_loaded<T>(
        &mut self,
        blob: &Blob,
        auth: &[u8],
        what: &'static str,
        work: impl FnOnce(&mut Context, KeyHandle) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let refused = |fault: Fault| match fault {
            fault if fault.blames_the_bytes() => HsmError::Integrity(what).into(),
            other => other,
        };
        let (private, public, key) =
            (blob.private().map_err(refused)?, blob.public().map_err(refused)?, self.key);
        let session = Some(self.session);
        let loaded = self.context.execute_with_session(session, |context| context.load(key, private, public));
        let loaded = loaded.map_err(|error| refused(storage_fault(error.into())))?;
        let used = match Auth::try_from(auth).and_then(|auth| self.context.tr_set_auth(loaded.into(), auth)) {
            Ok(()) => self.context.execute_with_session(session, |context| work(context, loaded)),
            Err(error) => Err(error.into()),
        };
        both(used, flushed(self.context, loaded.into()))
    }
}

impl Storage<'_> {
    /// The object under another auth value; the blob that is there goes on under its own.
    ///
    /// The new value is the first parameter of the command, which the session encrypts.
    pub(crate) fn change_auth(
        &mut self,
        blob: &Blob,
        (auth, new): (&[u8], &[u8]),
        what: &'static str,
    ) -> Result<Blob, Fault> {
        let (parent, new) = (self.key, Auth::try_from(new)?);
        let private = self.with_object(blob, auth, what, |context, loaded| {
            Ok(context.object_change_auth(loaded.into(), parent.into(), new)?)
        })?;
        Ok(blob.with_private(&private))
    }
}

/// Whether two objects hang on the same storage key.
pub(crate) fn on_one_storage_key(one: &MachineBinding, other: &MachineBinding) -> bool {
    component(one, SRK) == component(other, SRK)
}

/// What a machine's components say of the TPM itself, and of the boot secret in it.
pub(crate) fn of_the_tpm(recorded: &MachineBinding) -> Vec<(String, String)> {
    let kept = [ENDORSEMENT, SRK, hsm::binding::BOOT_STATE];
    let ours = |(name, _): &&(String, String)| kept.contains(&name.as_str());
    recorded.components.iter().filter(ours).cloned().collect()
}

/// An object that does not take its auth value, in which purpose, intent and machine are.
pub(crate) fn opened(fault: Fault, what: &'static str) -> Fault {
    match fault.code() {
        BAD_AUTH | AUTH_FAIL => HsmError::Integrity(what).into(),
        _ => fault,
    }
}

/// Making and loading are authorised by the storage key, whose auth value is expected to be empty.
fn storage_fault(fault: Fault) -> Fault {
    match fault.code() {
        BAD_AUTH | AUTH_FAIL => HsmError::Unusable(Obstacle::StorageKeyPassword, String::new()).into(),
        _ => fault,
    }
}

/// A key that others can hang on.
struct Root {
    key: KeyHandle,
    /// Hex SHA-256 of the key's name.
    name: String,
    stays: bool,
}

impl Root {
    fn release(self, context: &mut Context) -> Result<(), Fault> {
        let mut handle = ObjectHandle::from(self.key);
        if self.stays { Ok(context.tr_close(&mut handle)?) } else { flushed(context, handle) }
    }
}

/// The storage key that the machine's provisioning left at 0x81000001 (TCG TPM v2.0 Provisioning Guidance),
/// if it is one.
fn persistent(context: &mut Context) -> Result<Option<Root>, Fault> {
    let handle = TpmHandle::Persistent(PersistentTpmHandle::new(PERSISTENT)?);
    let found = match context.execute_without_session(|context| context.tr_from_tpm_public(handle)) {
        Ok(found) => found,
        Err(error) => {
            let fault = Fault::from(error);
            return if fault.code() == HANDLE { Ok(None) } else { Err(fault) };
        }
    };
    let key = KeyHandle::from(found);
    let (public, name, _) = context.execute_without_session(|context| context.read_public(key))?;
    let root = Root { key, name: hex(&sha256(name.value())), stays: true };
    if template::is_storage(&public) {
        return Ok(Some(root));
    }
    root.release(context).map(|()| None)
}

/// The storage key of our template, made again: the same key each time until the TPM is cleared.
fn primary(context: &mut Context, hierarchy: Hierarchy) -> Result<Root, Fault> {
    let template = template::storage()?;
    let made = context.execute_with_session(Some(AuthSession::Password), |context| {
        context.create_primary(hierarchy, template, None, None, None, None)
    });
    let key = made.map_err(|error| hierarchy_fault(error.into()))?.key_handle;
    match context.tr_get_name(key.into()) {
        Ok(name) => Ok(Root { key, name: hex(&sha256(name.value())), stays: false }),
        Err(error) => both(Err(error.into()), flushed(context, key.into())),
    }
}

fn hierarchy_fault(fault: Fault) -> Fault {
    match fault.code() {
        BAD_AUTH | AUTH_FAIL => HsmError::Unusable(Obstacle::OwnerPassword, String::new()).into(),
        _ => fault,
    }
}

/// Hex SHA-256 of the name of a key that survives a clear. With a password or switched off, that hierarchy
/// cannot be asked, which is no reason to refuse.
fn endorsement(context: &mut Context) -> Result<Option<String>, Fault> {
    let root = match primary(context, Hierarchy::Endorsement) {
        Ok(root) => root,
        Err(Fault::Judged(HsmError::Unusable(Obstacle::OwnerPassword, _))) => return Ok(None),
        Err(fault) if fault.code() == HIERARCHY => return Ok(None),
        Err(fault) => return Err(fault),
    };
    let name = root.name.clone();
    root.release(context).map(|()| Some(name))
}

fn flushed(context: &mut Context, handle: ObjectHandle) -> Result<(), Fault> {
    Ok(context.execute_without_session(|context| context.flush_context(handle))?)
}

/// What the work gave, unless the clean-up failed: then the connection must go, and the clean-up's fault says so.
fn both<T>(result: Result<T, Fault>, cleaned: Result<(), Fault>) -> Result<T, Fault> {
    match (result, cleaned) {
        (Err(fault @ Fault::Tpm(_)), _) => Err(fault),
        (_, Err(fault)) => Err(fault),
        (result, Ok(())) => result,
    }
}

const PERSISTENT: u32 = 0x8100_0001;
/// The component of a machine that is the TPM's storage key.
const SRK: &str = "tpm-srk";
const CLEARED: &str = "the TPM was cleared, or lost the storage key that it hung on";
/// The component that tells a cleared TPM from another one.
const ENDORSEMENT: &str = "tpm-endorsement";

#[cfg(test)]
mod tests {
    use super::*;

    fn binding(components: &[(&str, &str)]) -> MachineBinding {
        let pair = |(name, digest): &(&str, &str)| ((*name).to_owned(), (*digest).to_owned());
        MachineBinding { components: components.iter().map(pair).collect() }
    }

    #[test]
    fn a_cleared_tpm_is_told_from_another_one() {
        let home = binding(&[("tpm-endorsement", "e"), ("tpm-srk", "s")]);
        let other = HsmError::OtherMachine("tpm-srk".to_owned());
        assert_eq!(foreign(&home, Some("e")), HsmError::KeyGone(CLEARED.to_owned()));
        assert_eq!(foreign(&home, Some("f")), other);
        assert_eq!(foreign(&home, None), other);
        assert_eq!(foreign(&binding(&[("tpm-srk", "s")]), Some("e")), other);
    }
}
