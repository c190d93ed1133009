//! The one session with the token: found, logged in, and made anew when it is lost.

use crate::error::{Fault, NO_USER_PIN};
use crate::module::resolve;
use crate::token::{Token, choose};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::MechanismType;
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::RawAuthPin;
use files::Trust;
use hsm::{HsmError, Obstacle};
use model::Secret;
use std::path::PathBuf;

/// Which token, and the module that leads to it; from configuration only, never from the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Absolute path of the module (`pkcs11_module`).
    pub module: PathBuf,
    /// Label of the token (`pkcs11_token`).
    pub label: String,
    /// Serial of the token; needed where several tokens have the label.
    pub serial: Option<String>,
}

/// A module, and the session with its token as long as there is one.
pub(crate) struct Link {
    context: Pkcs11,
    settings: Settings,
    pin: Secret<Vec<u8>>,
    live: Option<Live>,
    /// What a login answered that must not be tried twice.
    refused: Option<HsmError>,
}

/// A session that is logged in.
pub(crate) struct Live {
    pub(crate) session: Session,
    pub(crate) token: Token,
    /// Whether the slot says that it is hardware.
    pub(crate) in_hardware: bool,
    mechanisms: Vec<MechanismType>,
}

impl Live {
    pub(crate) fn has(&self, mechanism: MechanismType) -> bool {
        self.mechanisms.contains(&mechanism)
    }
}

impl Link {
    /// Loads the module; the token is looked for by the first [`Link::run`].
    pub(crate) fn load(settings: Settings, pin: Secret<Vec<u8>>) -> Result<Link, HsmError> {
        let path = resolve(&settings.module, &Trust::current())?;
        let context = Pkcs11::new(&path).map_err(|error| {
            HsmError::Unusable(Obstacle::Module, format!("{} is no PKCS#11 module: {error}", path.display()))
        })?;
        Ok(Link { context, settings, pin, live: None, refused: None })
    }

    /// Does the work in a session, once more in a new one if the session was lost meanwhile.
    ///
    /// The work must not mind being done twice, and keeps no object handles: they end with the session.
    pub(crate) fn run<T>(&mut self, work: impl Fn(&Live) -> Result<T, Fault>) -> Result<T, HsmError> {
        match self.attempt(&work) {
            Err(fault) if fault.is_lost_session() => {
                tracing::debug!(?fault, "The session with the token is lost; a new one is opened");
                self.attempt(&work).map_err(Fault::said)
            }
            result => result.map_err(Fault::said),
        }
    }

    fn attempt<T>(&mut self, work: impl Fn(&Live) -> Result<T, Fault>) -> Result<T, Fault> {
        let live = match self.live.take() {
            Some(live) => live,
            None => self.connect()?,
        };
        let result = work(&live);
        if !result.as_ref().is_err_and(Fault::is_lost_session) {
            self.live = Some(live);
        }
        result
    }

    fn connect(&mut self) -> Result<Live, Fault> {
        if let Some(refused) = &self.refused {
            return Err(refused.clone().into());
        }
        self.initialize()?;
        let (slot, info) = self.find()?;
        let session = self.context.open_rw_session(slot)?;
        self.log_in(&session, &info)?;
        let token = Token::from(&info);
        tracing::info!(label = token.label, serial = token.serial, "Logged in to the PKCS#11 token");
        Ok(Live {
            session,
            token,
            in_hardware: self.context.get_slot_info(slot)?.hardware_slot(),
            mechanisms: self.context.get_mechanism_list(slot)?,
        })
    }

    fn initialize(&self) -> Result<(), Error> {
        match self.context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(()),
            result => result,
        }
    }

    fn find(&self) -> Result<(Slot, TokenInfo), Fault> {
        let mut all = Vec::new();
        for slot in self.context.get_slots_with_token()? {
            // A slot that answers nothing (a reader whose card is being pulled) is none of ours.
            if let Ok(info) = self.context.get_token_info(slot)
                && info.token_initialized()
            {
                all.push((slot, info));
            }
        }
        let tokens: Vec<Token> = all.iter().map(|(_, info)| Token::from(info)).collect();
        let place = choose(&tokens, &self.settings.label, self.settings.serial.as_deref())?;
        Ok(all.swap_remove(place))
    }

    fn log_in(&mut self, session: &Session, info: &TokenInfo) -> Result<(), Fault> {
        let result = may_try(info, self.pin.expose()).map_err(Fault::from).and_then(|()| {
            // The copy is wiped when it is dropped, as the original is.
            let pin = RawAuthPin::new(Box::new(self.pin.expose().clone()));
            match session.login_with_raw(UserType::User, &pin) {
                // Login is of the whole process: another session of it was first.
                Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
                result => result.map_err(Fault::from),
            }
        });
        result.map_err(|fault| {
            if fault.is_lost_session() {
                return fault;
            }
            let error = fault.said();
            if matches!(error, HsmError::AuthValue(_) | HsmError::Locked(_)) {
                self.refused = Some(error.clone());
            }
            error.into()
        })
    }
}

/// What can be known of the PIN without spending one of its tries.
fn may_try(info: &TokenInfo, pin: &[u8]) -> Result<(), HsmError> {
    let unusable = |why: String| Err(HsmError::AuthValue(why));
    if pin.is_empty() {
        return unusable("the PIN is empty".to_owned());
    }
    if !info.user_pin_initialized() {
        return unusable(NO_USER_PIN.to_owned());
    }
    let (least, most) = (info.min_pin_length(), info.max_pin_length());
    if pin.len() < least || (most >= least && pin.len() > most && most > 0) {
        return unusable(format!(
            "the PIN has not the length that the token takes ({least} to {most} bytes)"
        ));
    }
    if info.user_pin_locked() {
        return Err(HsmError::Locked("the token has locked its PIN: unlock it with the SO PIN".to_owned()));
    }
    // Restarts in a row with a wrong PIN would lock the token: the last try is for a person.
    if info.user_pin_final_try() {
        let why = "one try is left for its PIN and is not taken: log in once by hand with the right PIN";
        return Err(HsmError::Locked(why.to_owned()));
    }
    Ok(())
}
