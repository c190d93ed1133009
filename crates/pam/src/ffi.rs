//! The functions that Linux-PAM calls (pam_sm_authenticate(3) and its like), those of libpam that are called, and all
//! that is unsafe.
//!
//! Declared here and not by a crate: those that were looked at guard no panic, are under the GPL, or build with
//! bindgen (login.md 1.1).

#![expect(unsafe_code, reason = "libpam calls these functions by name and is called by its own")]

use crate::host::{Host, NoConversation, Style};
use crate::module::{self, Phase};
use libc::{c_char, c_int, c_void};
use model::Secret;
use std::ffi::{CStr, CString};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::time::{Duration, Instant};

/// `pam_handle_t`, whose inside is libpam's.
#[repr(C)]
pub struct Handle {
    _opaque: [u8; 0],
}

/// `struct pam_message`.
#[repr(C)]
struct Message {
    style: c_int,
    text: *const c_char,
}

/// `struct pam_response`; both its text and the array of them are freed by whoever asked.
#[repr(C)]
struct Response {
    text: *mut c_char,
    unused: c_int,
}

/// `struct pam_conv`.
#[repr(C)]
struct Conversation {
    ask: Option<unsafe extern "C" fn(c_int, *mut *const Message, *mut *mut Response, *mut c_void) -> c_int>,
    data: *mut c_void,
}

#[link(name = "libpam.so.0", kind = "dylib", modifiers = "+verbatim")]
unsafe extern "C" {
    fn pam_get_user(handle: *mut Handle, user: *mut *const c_char, prompt: *const c_char) -> c_int;
    fn pam_get_item(handle: *const Handle, item: c_int, value: *mut *const c_void) -> c_int;
    fn pam_set_item(handle: *mut Handle, item: c_int, value: *const c_void) -> c_int;
    fn pam_syslog(handle: *const Handle, priority: c_int, format: *const c_char, ...);
}

const SUCCESS: c_int = 0;
const SERVICE: c_int = 1;
const TTY: c_int = 3;
const RHOST: c_int = 4;
const CONVERSATION: c_int = 5;
const AUTHTOK: c_int = 6;
/// Flag of every function: no text is wanted.
const SILENT: c_int = 0x8000;

/// The program that called us.
pub(crate) struct Pam {
    handle: *mut Handle,
    silent: bool,
    begun: Instant,
}

impl Pam {
    /// The name that is to be signed in, as the program gave it; it is never changed.
    pub(crate) fn user(&self) -> Option<String> {
        let mut user = std::ptr::null();
        // SAFETY: the handle is libpam's, and the text that it gives lives as long as the handle.
        unsafe {
            let found = pam_get_user(self.handle, &raw mut user, std::ptr::null());
            (found == SUCCESS && !user.is_null())
                .then(|| CStr::from_ptr(user).to_str().ok().map(str::to_owned))?
        }
    }

    fn item(&self, item: c_int) -> Option<*const c_void> {
        let mut value = std::ptr::null();
        // SAFETY: the handle is libpam's; what it gives lives until the item is set anew.
        let found = unsafe { pam_get_item(self.handle, item, &raw mut value) };
        (found == SUCCESS && !value.is_null()).then_some(value)
    }

    fn text(&self, item: c_int) -> Option<String> {
        // SAFETY: the items that are asked for are texts that end with a zero.
        self.item(item)
            .and_then(|text| unsafe { CStr::from_ptr(text.cast()) }.to_str().ok().map(str::to_owned))
    }

    /// The terminal.
    pub(crate) fn tty(&self) -> Option<String> {
        self.text(TTY)
    }

    /// The host that somebody comes from.
    pub(crate) fn rhost(&self) -> Option<String> {
        self.text(RHOST)
    }
}

impl Host for Pam {
    fn service(&self) -> String {
        self.text(SERVICE).unwrap_or_default()
    }

    fn first_pass(&self) -> Option<Secret<String>> {
        self.text(AUTHTOK).map(Secret::new)
    }

    fn keep(&self, password: &Secret<String>) {
        if let Ok(text) = CString::new(password.expose().as_bytes()) {
            let mut text = Secret::new(text.into_bytes_with_nul());
            // SAFETY: libpam copies the text, which ends with a zero.
            unsafe { pam_set_item(self.handle, AUTHTOK, text.expose_mut().as_ptr().cast()) };
        }
    }

    fn say(&self, style: Style, text: &str) -> Result<Secret<String>, NoConversation> {
        if self.silent && matches!(style, Style::Info | Style::Error) {
            return Ok(Secret::new(String::new()));
        }
        let text = CString::new(text.replace('\0', "")).map_err(|_| NoConversation)?;
        let conversation = self.item(CONVERSATION).ok_or(NoConversation)?.cast::<Conversation>();
        let message = Message { style: number(style), text: text.as_ptr() };
        let mut messages = &raw const message;
        let mut responses = std::ptr::null_mut();
        // SAFETY: the conversation is the program's; one message is handed over, and one response is read, wiped and
        // freed as pam_conv(3) demands of whoever asked.
        unsafe {
            let ask = (*conversation).ask.ok_or(NoConversation)?;
            let said = ask(1, &raw mut messages, &raw mut responses, (*conversation).data);
            if responses.is_null() {
                let answered = said == SUCCESS && matches!(style, Style::Info | Style::Error);
                return if answered { Ok(Secret::new(String::new())) } else { Err(NoConversation) };
            }
            let answer = taken((*responses).text);
            libc::free(responses.cast());
            match answer {
                Some(answer) if said == SUCCESS => Ok(answer),
                None if said == SUCCESS && matches!(style, Style::Info | Style::Error) => {
                    Ok(Secret::new(String::new()))
                }
                _ => Err(NoConversation),
            }
        }
    }

    fn pause(&self, seconds: u64) {
        std::thread::sleep(Duration::from_secs(seconds));
    }

    fn clock(&self) -> Duration {
        self.begun.elapsed()
    }

    fn log(&self, text: &str) {
        if let Ok(text) = CString::new(text.replace('\0', "")) {
            // SAFETY: the format takes one text, which ends with a zero.
            unsafe {
                pam_syslog(self.handle, libc::LOG_AUTHPRIV | libc::LOG_NOTICE, c"%s".as_ptr(), text.as_ptr())
            };
        }
    }
}

fn number(style: Style) -> c_int {
    match style {
        Style::Hidden => 1,
        Style::Shown => 2,
        Style::Error => 3,
        Style::Info => 4,
    }
}

/// Takes an answer over: the program's copy is wiped and freed.
///
/// # Safety
/// The text is null, or ends with a zero and was allocated by `malloc`.
unsafe fn taken(text: *mut c_char) -> Option<Secret<String>> {
    if text.is_null() {
        return None;
    }
    // SAFETY: as the function demands.
    unsafe {
        let bytes = CStr::from_ptr(text).to_bytes();
        let answer = std::str::from_utf8(bytes).ok().map(|text| Secret::new(text.to_owned()));
        libc::explicit_bzero(text.cast(), bytes.len());
        libc::free(text.cast());
        answer
    }
}

/// Runs a phase; a panic is an answer of its own, and says nothing on the terminal of whoever called.
///
/// # Safety
/// The handle is libpam's, and the words are `count` texts that end with a zero.
unsafe fn run(
    phase: Phase,
    handle: *mut Handle,
    flags: c_int,
    count: c_int,
    words: *const *const c_char,
) -> c_int {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    let pam = Pam { handle, silent: flags & SILENT != 0, begun: Instant::now() };
    // SAFETY: as the function demands.
    let words: Vec<&str> = (0..usize::try_from(count).unwrap_or(0))
        .filter_map(|at| unsafe { CStr::from_ptr(*words.add(at)) }.to_str().ok())
        .collect();
    let code = catch_unwind(AssertUnwindSafe(|| module::run(phase, &pam, &words)));
    code.unwrap_or_else(|_| {
        pam.log("a fault in pam_firmament: please report it");
        phase.after_a_fault()
    }) as c_int
}

/// Each function is the same but for its phase.
macro_rules! functions {
    ($($(#[$about:meta])* $name:ident $phase:ident;)+) => {$(
        $(#[$about])*
        ///
        /// # Safety
        /// The arguments are as libpam hands them.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(
            handle: *mut Handle,
            flags: c_int,
            count: c_int,
            words: *const *const c_char,
        ) -> c_int {
            // SAFETY: as the function demands.
            unsafe { run(Phase::$phase, handle, flags, count, words) }
        }
    )+};
}

functions! {
    /// pam_sm_authenticate(3).
    pam_sm_authenticate Authenticate;
    /// pam_sm_setcred(3).
    pam_sm_setcred SetCredentials;
    /// pam_sm_acct_mgmt(3).
    pam_sm_acct_mgmt Account;
    /// pam_sm_chauthtok(3).
    pam_sm_chauthtok Password;
    /// pam_sm_open_session(3).
    pam_sm_open_session OpenSession;
    /// pam_sm_close_session(3).
    pam_sm_close_session CloseSession;
}
