//! What follows in a stack of PAM when a line refuses a password (compliance.md 5.3).

use crate::explanation::Doubt;
use facts::{Action, Answer, Control, Module, PasswordStack, StackLine};

/// Whether a refusal by a line makes the change of a password fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Enforcement {
    Enforces,
    Forgives,
    Unclear(Doubt),
}

/// A stack and what is known of every place in it.
pub(crate) struct Stack<'s> {
    lines: &'s [StackLine],
    /// Whether a change that goes on at this line, with nothing decided, fails whatever the modules answer.
    fails: Vec<bool>,
}

impl<'s> Stack<'s> {
    pub(crate) fn new(stack: &'s PasswordStack) -> Stack<'s> {
        let mut all = Stack { lines: &stack.lines, fails: vec![false; stack.lines.len() + 1] };
        for at in (0..all.lines.len()).rev() {
            let line = &all.lines[at];
            all.fails[at] = match line.module {
                Module::Substack => all.fails[at + 1],
                _ => possible(line).all(|answer| all.leads_to_failure(at, line.control.action(answer))),
            };
        }
        all
    }

    /// The line without whose module every change is refused, if there is one.
    pub(crate) fn broken_by(&self) -> Option<&'s StackLine> {
        let refuses = |line: &&StackLine| {
            matches!(line.control.action(Answer::ModuleUnknown), Action::Bad | Action::Die)
        };
        self.lines.iter().filter(|line| !line.is_present).find(refuses)
    }

    /// What a refusal by the line at this place leads to.
    pub(crate) fn enforcement(&self, at: usize) -> Enforcement {
        let line = &self.lines[at];
        let refusals = REFUSALS.map(|answer| self.leads_to_failure(at, line.control.action(answer)));
        let is_forgiving = line.control == Control::optional() || line.control == Control::sufficient();
        match refusals {
            [true, true] => {}
            [false, false] if is_forgiving => return Enforcement::Forgives,
            _ => return Enforcement::Unclear(Doubt::ControlUnclear(line.place.clone())),
        }
        let above = self.lines[..at].iter().enumerate().find_map(|(before, _)| self.doubt_from(before, at));
        let doubt = above.or_else(|| REFUSALS.iter().find_map(|answer| self.asks_again(at, *answer)));
        doubt.map_or(Enforcement::Enforces, Enforcement::Unclear)
    }

    /// Why a line makes it doubtful that a later one is asked in time.
    fn doubt_from(&self, before: usize, at: usize) -> Option<Doubt> {
        let line = &self.lines[before];
        // Such a module passes by with accounts of its own alone, and the question is about local ones.
        if matches!(line.module, Module::OwnAccounts | Module::Substack) {
            return None;
        }
        let passes = |answer: Answer| match line.control.action(answer) {
            Action::Jump(over) => self.behind(before, over).is_some_and(|place| place > at),
            Action::Done => self.end_of(before) > at,
            // A refusal that comes later is not forgotten by a reset.
            Action::Ignore | Action::Ok | Action::Bad | Action::Die | Action::Reset => false,
        };
        if possible(line).any(passes) {
            return Some(Doubt::MayPassBy(line.place.clone()));
        }
        let writes = matches!(line.module, Module::Unix(_)) && line.is_present;
        writes.then(|| Doubt::WritesBefore(line.place.clone()))
    }

    /// The line behind a refusal that asks by itself: the change fails as a whole, and its password is written.
    fn asks_again(&self, at: usize, answer: Answer) -> Option<Doubt> {
        let place = match self.lines[at].control.action(answer) {
            Action::Die => self.end_of(at),
            Action::Jump(over) => self.behind(at, over).unwrap_or(at + 1),
            _ => at + 1,
        };
        let asks = |line: &&StackLine| match line.module {
            Module::Unix(options) => line.is_present && !options.takes_given,
            _ => false,
        };
        self.lines[place..].iter().find(asks).map(|line| Doubt::AsksAgain(line.place.clone()))
    }

    fn leads_to_failure(&self, at: usize, action: Action) -> bool {
        match action {
            Action::Bad | Action::Die => self.is_remembered(at),
            Action::Ignore | Action::Ok => self.fails[at + 1],
            Action::Done => self.fails[self.end_of(at)],
            // A jump out of the stack is an error, and counts as a failure.
            Action::Jump(over) => match self.behind(at, over) {
                Some(place) => self.fails[place],
                None => self.is_remembered(at),
            },
            Action::Reset => false,
        }
    }

    /// Whether no line behind this one may take back a failure.
    fn is_remembered(&self, at: usize) -> bool {
        !self.lines[at + 1..].iter().any(forgets)
    }

    /// The place behind so many lines of the same level, a substack counting as one; none out of the own substack.
    fn behind(&self, at: usize, over: usize) -> Option<usize> {
        let level = self.lines[at].level;
        let mut place = at + 1;
        for _ in 0..over {
            self.lines.get(place).filter(|line| line.level >= level)?;
            let deeper = |line: &&StackLine| line.level > level;
            place += 1 + self.lines[place + 1..].iter().take_while(deeper).count();
        }
        Some(place)
    }

    /// Where it goes on when a line ends its stack: behind its substack.
    fn end_of(&self, at: usize) -> usize {
        let level = self.lines[at].level;
        if level == 0 {
            return self.lines.len();
        }
        at + 1 + self.lines[at + 1..].iter().take_while(|line| line.level >= level).count()
    }
}

/// What the module of a line may answer in a change of a local password.
fn possible(line: &StackLine) -> impl Iterator<Item = Answer> {
    let is_possible = |answer: Answer| match line.module {
        _ if !line.is_present => answer == Answer::ModuleUnknown,
        Module::Deny => answer == Answer::AuthtokErr,
        Module::OwnAccounts => !matches!(answer, Answer::Success | Answer::NewAuthtokReqd),
        _ => answer != Answer::ModuleUnknown,
    };
    Answer::ALL.iter().copied().filter(move |answer| is_possible(*answer))
}

/// Whether a line may take back what counted before it.
fn forgets(line: &StackLine) -> bool {
    possible(line).any(|answer| line.control.action(answer) == Action::Reset)
}

/// How modules refuse a password: at once, or after as many tries as they allow.
const REFUSALS: [Answer; 2] = [Answer::AuthtokErr, Answer::Maxtries];
