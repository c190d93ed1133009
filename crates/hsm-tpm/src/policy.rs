//! The boot state: PCR 7 of the SHA-256 bank, which the firmware makes from Secure Boot and its keys (TCG PC
//! Client Platform Firmware Profile, PCR usage).

use crate::blob::Blob;
use crate::fault::{AUTH_FAIL, BAD_AUTH, Fault, PCR_CHANGED, POLICY_FAIL};
use crate::storage::{Storage, opened, with_session};
use hsm::HsmError;
use model::Secret;
use tss_esapi::Context;
use tss_esapi::constants::SessionType;
use tss_esapi::handles::KeyHandle;
use tss_esapi::interface_types::algorithm::HashingAlgorithm;
use tss_esapi::interface_types::session_handles::{AuthSession, PolicySession};
use tss_esapi::structures::{Digest, PcrSelectionList, PcrSlot};

impl Storage<'_> {
    /// The policy of an object that opens in this boot state and under its auth value alone.
    pub(crate) fn boot_policy(&mut self) -> Result<Digest, Fault> {
        let (context, key) = self.parts();
        with_session(context, key, SessionType::Trial, |context, session| {
            let session = satisfy(context, session)?;
            Ok(context.policy_get_digest(session)?)
        })
    }

    /// Opens an object of such a policy; `what` names it where the TPM refuses its bytes.
    pub(crate) fn unseal_in_this_boot(
        &mut self,
        blob: &Blob,
        auth: &[u8],
        what: &'static str,
    ) -> Result<Secret<Vec<u8>>, Fault> {
        let (_, key) = self.parts();
        self.with_loaded(blob, auth, what, |context, loaded| {
            // Any PCR that is extended meanwhile spoils the session, and some systems extend one all the time.
            for _ in 0..TRIES {
                match unseal(context, key, loaded)? {
                    Err(fault) if fault.code() == PCR_CHANGED => {}
                    told => return told.map_err(|fault| judged(fault, what)),
                }
            }
            Err(HsmError::Unreachable("the TPM's PCRs change all the time".to_owned()).into())
        })
    }
}

fn judged(fault: Fault, what: &'static str) -> Fault {
    match fault.code() {
        POLICY_FAIL => HsmError::BootState("PCR 7 of the TPM is not as it was".to_owned()).into(),
        _ => opened(fault, what),
    }
}

/// What the TPM says to the unsealing itself, unless something else fails.
fn unseal(
    context: &mut Context,
    storage: KeyHandle,
    sealed: KeyHandle,
) -> Result<Result<Secret<Vec<u8>>, Fault>, Fault> {
    context.execute_without_session(|context| {
        with_session(context, storage, SessionType::Policy, |context, session| {
            satisfy(context, session)?;
            let told = context.execute_with_session(Some(session), |context| context.unseal(sealed.into()));
            match told.map_err(Fault::from) {
                Ok(opened) => Ok(Ok(Secret::new(opened.value().to_vec()))),
                Err(fault) if REFUSALS.contains(&fault.code()) => Ok(Err(fault)),
                Err(fault) => Err(fault),
            }
        })
    })
}

fn satisfy(context: &mut Context, session: AuthSession) -> Result<PolicySession, Fault> {
    // A bank that is not there would be a policy of nothing.
    boot_state(context)?;
    let session = PolicySession::try_from(session)?;
    context.execute_without_session(|context| {
        context.policy_pcr(session, Digest::default(), pcr7()?)?;
        context.policy_auth_value(session)?;
        Ok(session)
    })
}

/// What PCR 7 is now.
pub(crate) fn boot_state(context: &mut Context) -> Result<Vec<u8>, Fault> {
    let selection = pcr7()?;
    let (_, _, found) = context.execute_without_session(|context| context.pcr_read(selection))?;
    match found.value() {
        [digest] if digest.value().len() == 32 => Ok(digest.value().to_vec()),
        _ => Err(HsmError::Backend("the TPM has no PCR 7 of SHA-256; unset tpm_pcrs".to_owned()).into()),
    }
}

fn pcr7() -> Result<PcrSelectionList, Fault> {
    let selection = PcrSelectionList::builder().with_selection(HashingAlgorithm::Sha256, &[PcrSlot::Slot7]);
    Ok(selection.build()?)
}

/// After these the session is still there to be flushed.
const REFUSALS: [u32; 4] = [PCR_CHANGED, POLICY_FAIL, BAD_AUTH, AUTH_FAIL];
const TRIES: usize = 9;
