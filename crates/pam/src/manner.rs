//! How a service talks to the person (login.md 1.5, as it was measured).

/// What a person behind a service sees, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Questions alone, with all the text in them: what is said without a question is never shown.
    Questions,
    /// Every line at once; waiting needs no question.
    Lines,
    /// One message, which is shown until the next.
    OneMessage,
    /// One question for a password, and no text.
    PasswordOnly,
}

impl Manner {
    /// By the file of /etc/pam.d, and whether the program runs as the person: a screen locker does.
    pub(crate) fn of(service: &str, is_root: bool) -> Manner {
        match service {
            _ if !is_root => Manner::PasswordOnly,
            "sshd" | "cockpit" | "xrdp-sesman" | "vsftpd" => Manner::Questions,
            "polkit-1" => Manner::PasswordOnly,
            _ if service.starts_with("gdm")
                || service.starts_with("lightdm")
                || service.starts_with("sddm") =>
            {
                Manner::OneMessage
            }
            _ => Manner::Lines,
        }
    }

    /// Whether a code can be shown to somebody who can go and enter it.
    pub(crate) fn shows_codes(self) -> bool {
        self != Manner::PasswordOnly
    }
}
