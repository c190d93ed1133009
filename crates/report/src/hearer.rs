//! Whom a sign-in speaks to: in which language, and how their service shows what is said.

use ipc::FailureReport;
use messages::{Facts, Helper, Language, Refused, Said, Spoken, refused};
use model::{Failure, FailureClass, SERVICE_SAYS, Timestamp, Upcoming, Upn, Who, printable};
use signin::{Notice, Reason};

/// How people are spoken to on this machine, by its configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Manners {
    /// The language of the machine.
    pub spoken: Spoken,
    /// Parts of the names of services that show text in questions alone: option `mfa_poll_prompt_services`.
    pub asked_services: Vec<String>,
}

impl Manners {
    /// Whoever is behind a service of /etc/pam.d.
    pub fn at(&self, service: &str) -> Hearer {
        let only_questions = self.asked_services.iter().any(|part| service.contains(part.as_str()));
        Hearer { language: self.spoken.at(service), only_questions, name: None }
    }

    /// Whoever calls with a command, and can read this language.
    pub fn to_caller(&self, language: Option<&str>) -> Hearer {
        Hearer { language: self.spoken.to_caller(language), ..Hearer::default() }
    }
}

/// Whoever hears what a sign-in says; without a sign-in, somebody who reads English.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hearer {
    /// What they can read.
    pub language: Language,
    /// Whether they see text in questions alone, by the configuration.
    pub only_questions: bool,
    /// The name that was asked for, once it is known to be one.
    pub name: Option<Upn>,
}

impl Hearer {
    /// What the daemon says in their language; English has it from where it is made.
    pub fn hears(&self, english: impl Into<String>, said: Said<'_>) -> String {
        match self.language {
            Language::English => english.into(),
            language => said.say(language),
        }
    }

    /// Why they are asked once more.
    pub(crate) fn reason(&self, reason: Option<Reason>) -> Option<String> {
        let said = |reason| match reason {
            Reason::MoreThanPassword => Said::MoreThanPassword,
            Reason::SecondFactor => Said::SecondFactor,
        };
        reason.map(|reason| self.hears(reason.text(), said(reason)))
    }

    /// What they hear while their code waits.
    pub fn notice(&self, notice: &Notice) -> String {
        match (self.language, notice) {
            (Language::English, _) => notice.text(),
            (language, Notice::AnswersAgain) => Said::AnswersAgain.say(language),
            (language, Notice::WithoutNetwork { until }) => {
                Said::WithoutNetwork(&until.to_string()).say(language)
            }
            (language, Notice::NotAnswered { why, until }) => {
                let Refused { message, .. } = refused(&why.code, language, Facts::default());
                // A code follows, and then the end of the sentence.
                let message = message.trim_end_matches('。');
                Said::NotHeard(message, &why.code, &until.to_string()).say(language)
            }
        }
    }

    /// Why something failed, who can fix it and what to do, given what goes on by itself. Ids and codes are as in
    /// English, so that an administrator finds them.
    pub fn failure(&self, failure: &Failure, next: Upcoming) -> FailureReport {
        let report = FailureReport::of(failure, next);
        if self.language == Language::English {
            return report;
        }
        let seconds = failure.retry_after.map_or(0, |wait| wait.as_secs());
        let (_, said) = failure.message.split_once(SERVICE_SAYS).unwrap_or_default();
        let said = printable(said, LONGEST_QUOTATION);
        let name = self.name.as_ref().map(Upn::as_str).unwrap_or_default();
        let facts = Facts { name, seconds, service_says: &said };
        let Refused { message, advice } = refused(&failure.code, self.language, facts);
        let passes = failure.class == FailureClass::Transient && failure.who == Who::Nobody;
        let advice = match next {
            Upcoming::Nothing => advice,
            Upcoming::UnderWay if passes => Said::GoesOn.say(self.language),
            Upcoming::UnderWay => advice,
            Upcoming::At(at) if passes => self.again(at),
            Upcoming::At(at) => format!("{advice} {}", self.again(at)),
        };
        let who = helper(failure, next).say(self.language);
        FailureReport { message, who, advice, ..report }
    }

    fn again(&self, at: Timestamp) -> String {
        Said::TriedAgain(&at.to_string()).say(self.language)
    }
}

fn helper(failure: &Failure, next: Upcoming) -> Helper {
    match failure.fixed_by(next) {
        None => Helper::Service,
        Some(Who::Nobody) if failure.class == FailureClass::Gone => Helper::Nothing,
        Some(Who::Nobody) => Helper::Nobody,
        Some(Who::User) => Helper::You,
        Some(Who::TenantAdmin) => Helper::TenantAdmin,
        Some(Who::MachineAdmin) => Helper::MachineAdmin,
        Some(Who::Developers) => Helper::Developers,
    }
}

/// Characters of what a service says that are quoted.
const LONGEST_QUOTATION: usize = 300;
