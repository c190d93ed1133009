//! What a person is told to do about a failure: the advice fits what goes on by itself.

use crate::{Delivery, Failure, FailureClass, Timestamp, Who};

/// What goes on by itself after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upcoming {
    /// Nothing: a person has to begin it anew.
    Nothing,
    /// The same is being tried at this moment.
    UnderWay,
    /// The same is tried again at this time.
    At(Timestamp),
}

/// Who can fix a failure and what to do next, as people are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// Who can fix it, in words.
    pub who: &'static str,
    /// The next step, one or two sentences.
    pub text: String,
}

impl Upcoming {
    /// What a timer says that may be set.
    pub fn at(moment: Option<Timestamp>) -> Upcoming {
        moment.map_or(Upcoming::Nothing, Upcoming::At)
    }
}

impl Failure {
    /// Who can fix it and what to do, given what goes on by itself.
    ///
    /// "It is tried again" is said only where something is, and "it resolves by itself" only of what does.
    pub fn advise(&self, next: Upcoming) -> Advice {
        let passes = self.class == FailureClass::Transient && self.who == Who::Nobody;
        let text = match next {
            Upcoming::Nothing => self.advice.clone(),
            Upcoming::UnderWay if passes => "It is being tried again; there is nothing to do.".to_owned(),
            Upcoming::UnderWay => self.advice.clone(),
            Upcoming::At(at) if passes => format!("It is tried again at {at}; there is nothing to do."),
            Upcoming::At(at) => format!("{} It is tried again at {at}.", self.advice),
        };
        let who = match self.fixed_by(next) {
            None => THE_SERVICE,
            Some(Who::Nobody) if self.class == FailureClass::Gone => NOTHING_TO_FIX,
            Some(who) => who.description(),
        };
        Advice { who, text }
    }

    /// Who can fix it, given what goes on by itself; the service alone where there is none.
    pub fn fixed_by(&self, next: Upcoming) -> Option<Who> {
        let goes_on = self.class == FailureClass::Transient && next != Upcoming::Nothing;
        let came = self.delivery != Delivery::NotSent && self.class != FailureClass::Gone;
        if self.who == Who::Nobody && came && !goes_on { None } else { Some(self.who) }
    }
}

/// The service failed, and nothing is tried again by itself.
const THE_SERVICE: &str = "the service; nothing has to be mended on this machine";
const NOTHING_TO_FIX: &str = "no one; there is nothing to fix";

#[cfg(test)]
mod tests {
    use super::*;
    use FailureClass::{Broken, Denied, Gone, NeedsUser, Transient};
    use Upcoming::{At, Nothing, UnderWay};

    const LATER: Upcoming = At(Timestamp::from_millis(1_800_000_000_000));
    const PASSES: &str = "no one; it resolves by itself";
    const AGAIN: &str = "It is tried again at 2027-01-15T08:00:00Z";

    fn failure(class: FailureClass, who: Who, delivery: Delivery) -> Failure {
        let failure = Failure::local(class, who, "X", "it failed".to_owned(), "Do something.");
        Failure { delivery, ..failure }
    }

    #[test]
    fn advice_fits_what_is_under_way() {
        let (answered, local) = (Delivery::Answered, Delivery::NotSent);
        for (class, who, delivery, next, told, text) in [
            (Transient, Who::Nobody, answered, Nothing, THE_SERVICE, "Do something."),
            (Transient, Who::Nobody, Delivery::InDoubt, Nothing, THE_SERVICE, "Do something."),
            (Transient, Who::Nobody, local, Nothing, PASSES, "Do something."),
            (Transient, Who::Nobody, answered, LATER, PASSES, &format!("{AGAIN}; there is nothing to do.")),
            (
                Transient,
                Who::Nobody,
                answered,
                UnderWay,
                PASSES,
                "It is being tried again; there is nothing to do.",
            ),
            (Broken, Who::Nobody, answered, Nothing, THE_SERVICE, "Do something."),
            (Broken, Who::Nobody, answered, LATER, THE_SERVICE, &format!("Do something. {AGAIN}.")),
            (NeedsUser, Who::Nobody, local, Nothing, PASSES, "Do something."),
            (NeedsUser, Who::Nobody, answered, Nothing, THE_SERVICE, "Do something."),
            (Gone, Who::Nobody, answered, Nothing, NOTHING_TO_FIX, "Do something."),
            (Denied, Who::User, answered, LATER, "you", &format!("Do something. {AGAIN}.")),
            (Transient, Who::MachineAdmin, local, UnderWay, Who::MachineAdmin.description(), "Do something."),
        ] {
            let advice = failure(class, who, delivery).advise(next);
            assert_eq!((advice.who, advice.text.as_str()), (told, text), "{class} {who} {delivery} {next:?}");
        }
    }

    #[test]
    fn nothing_is_tried_again_where_nothing_is() {
        for class in FailureClass::ALL {
            for who in Who::ALL {
                let advice = failure(*class, *who, Delivery::Answered).advise(Nothing);
                assert_eq!(advice.text, "Do something.");
                assert!(*class != Transient || advice.who != PASSES, "{who}");
            }
        }
    }
}
