//! The rules of a file of PAM (pam.conf(5)).

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Who somebody is.
    Auth,
    /// Whether they may come in.
    Account,
    /// A change of the password.
    Password,
    /// What is made for them once they are in.
    Session,
}

impl Phase {
    /// Every phase, in the order in which they are gone through.
    pub const ALL: [Phase; 4] = [Phase::Auth, Phase::Account, Phase::Password, Phase::Session];

    /// Its word in a file of PAM.
    pub fn word(self) -> &'static str {
        match self {
            Phase::Auth => "auth",
            Phase::Account => "account",
            Phase::Password => "password",
            Phase::Session => "session",
        }
    }
}

/// What follows from the answer of a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It does not count.
    Ignore,
    /// It counts as a success, unless another failed.
    Ok,
    /// As [`Action::Ok`], and the stack ends.
    Done,
    /// It counts as a failure.
    Bad,
    /// As [`Action::Bad`], and the stack ends.
    Die,
    /// What counted before does not any more.
    Reset,
    /// Over so many rules.
    Jump(usize),
}

/// How the answers of a module count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// A failure counts, and the stack goes on.
    Required,
    /// A failure ends the stack.
    Requisite,
    /// A success ends the stack, and a failure does not count.
    Sufficient,
    /// It counts where nothing else does.
    Optional,
    /// Another file is read in its place.
    Include,
    /// `[answer=action …]`, in the order of the file.
    Actions(Vec<(String, Action)>),
}

impl Control {
    /// What follows from an answer; none for one that is not named, and for the words.
    pub fn action(&self, answer: &str) -> Option<Action> {
        let Control::Actions(actions) = self else { return None };
        actions.iter().find(|(name, _)| name == answer).map(|(_, action)| *action)
    }

    /// The widest jump.
    fn reach(&self) -> usize {
        let Control::Actions(actions) = self else { return 0 };
        let jump = |(_, action): &(String, Action)| if let Action::Jump(over) = action { *over } else { 0 };
        actions.iter().map(jump).max().unwrap_or_default()
    }
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The line that it begins in, from 0 on.
    pub line: usize,
    /// What it is about.
    pub phase: Phase,
    /// How the answer of its module counts.
    pub control: Control,
    /// The last part of the module's path; the name of the file where another is included.
    pub module: String,
    /// What the module is told.
    pub arguments: Vec<String>,
}

/// Why a file of PAM cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct StackError {
    /// From 1 on.
    pub line: usize,
    /// What is wrong with it.
    pub what: StackFault,
}

/// What is wrong with a line of a file of PAM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StackFault {
    /// The first word names no phase.
    #[error("its first word is not auth, account, password or session")]
    Phase,
    /// The control is none of pam.conf(5).
    #[error("its control is not known")]
    Control,
    /// There is no module.
    #[error("it names no module")]
    Module,
}

/// All rules of a file in their order; `@include` of Debian reads another file and is no rule.
///
/// # Errors
/// [`StackError`] with the first line that is none of pam.conf(5).
pub fn parse(text: &str) -> Result<Vec<Rule>, StackError> {
    let mut rules = Vec::new();
    for (line, content) in logical_lines(text) {
        let content = content.trim();
        if content.is_empty() || content.starts_with('@') {
            continue;
        }
        rules.push(rule(line, content).map_err(|what| StackError { line: line + 1, what })?);
    }
    Ok(rules)
}

/// The rules of one phase.
pub fn of_phase(rules: &[Rule], phase: Phase) -> Vec<Rule> {
    rules.iter().filter(|rule| rule.phase == phase).cloned().collect()
}

/// Where a rule can stand before `target` so that no jump from before it goes over the new rule: an index of `rules`,
/// which are those of one phase.
pub(crate) fn place_before(rules: &[Rule], target: usize) -> usize {
    let jumps_over = |at: usize, place: usize| at + rules[at].control.reach() >= place;
    let mut place = target;
    while let Some(from) = (0..place).find(|at| jumps_over(*at, place)) {
        place = from;
    }
    place
}

/// Lines without comments, those that end with a backslash joined to the next; each with the number of its first.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        let (content, more) = match line.trim_end().strip_suffix('\\') {
            Some(content) => (content, true),
            None => (line, false),
        };
        match lines.last_mut().filter(|_| goes_on) {
            Some((_, before)) => before.push_str(&format!(" {content}")),
            None => lines.push((number, content.to_owned())),
        }
        goes_on = more;
    }
    lines
}

fn rule(line: usize, content: &str) -> Result<Rule, StackFault> {
    let (word, rest) = split_word(content.strip_prefix('-').unwrap_or(content));
    let phase =
        Phase::ALL.into_iter().find(|it| word.eq_ignore_ascii_case(it.word())).ok_or(StackFault::Phase)?;
    let (control, rest) = match rest.strip_prefix('[') {
        Some(rest) => {
            let (inside, rest) = rest.split_once(']').ok_or(StackFault::Control)?;
            (actions(inside)?, rest.trim_start())
        }
        None => {
            let (word, rest) = split_word(rest);
            (control(word)?, rest)
        }
    };
    let mut words = rest.split_whitespace().map(str::to_owned);
    let module = words.next().ok_or(StackFault::Module)?;
    let module = module.rsplit('/').next().unwrap_or_default().to_owned();
    Ok(Rule { line, phase, control, module, arguments: words.collect() })
}

fn control(word: &str) -> Result<Control, StackFault> {
    Ok(match word.to_ascii_lowercase().as_str() {
        "required" => Control::Required,
        "requisite" => Control::Requisite,
        "sufficient" => Control::Sufficient,
        "optional" => Control::Optional,
        "include" | "substack" => Control::Include,
        _ => return Err(StackFault::Control),
    })
}

fn actions(inside: &str) -> Result<Control, StackFault> {
    let pair = |pair: &str| {
        let (answer, action) = pair.split_once('=')?;
        Some((answer.to_owned(), action_of(action)?))
    };
    let pairs: Option<Vec<_>> = inside.split_whitespace().map(pair).collect();
    pairs.map(Control::Actions).ok_or(StackFault::Control)
}

fn action_of(word: &str) -> Option<Action> {
    Some(match word {
        "ignore" => Action::Ignore,
        "ok" => Action::Ok,
        "done" => Action::Done,
        "bad" => Action::Bad,
        "die" => Action::Die,
        "reset" => Action::Reset,
        number => Action::Jump(number.parse().ok()?),
    })
}

fn split_word(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control_of(text: &str) -> Control {
        parse(text).unwrap().remove(0).control
    }

    #[test]
    fn a_rule_is_read_as_the_manual_says() {
        let rules = parse(
            "# a comment\n@include common-auth\n\n-Session \\\n optional\t/lib/security/pam_x.so a=b c # d\n\
             auth\t[success=2 new_authtok_reqd=ok default=ignore]\tpam_unix.so nullok\n",
        )
        .unwrap();
        assert_eq!(rules.len(), 2);
        assert_eq!(
            rules[0],
            Rule {
                line: 3,
                phase: Phase::Session,
                control: Control::Optional,
                module: "pam_x.so".to_owned(),
                arguments: vec!["a=b".to_owned(), "c".to_owned()],
            }
        );
        assert_eq!(rules[1].line, 5);
        assert_eq!(rules[1].control.action("success"), Some(Action::Jump(2)));
        assert_eq!(rules[1].control.action("new_authtok_reqd"), Some(Action::Ok));
        assert_eq!(rules[1].control.action("auth_err"), None);
    }

    #[test]
    fn every_control_is_known_and_what_is_none_is_refused_with_its_line() {
        for (word, control) in [
            ("required", Control::Required),
            ("REQUISITE", Control::Requisite),
            ("sufficient", Control::Sufficient),
            ("include", Control::Include),
            ("substack", Control::Include),
        ] {
            assert_eq!(control_of(&format!("auth {word} x")), control);
        }
        for (text, line, what) in [
            ("auth required a\nauthh required a\n", 2, StackFault::Phase),
            ("auth [success=x] a\n", 1, StackFault::Control),
            ("auth [success=1 a\n", 1, StackFault::Control),
            ("auth maybe a\n", 1, StackFault::Control),
            ("\nauth required\n", 2, StackFault::Module),
        ] {
            assert_eq!(parse(text), Err(StackError { line, what }), "{text}");
        }
    }

    #[test]
    fn a_place_lies_in_no_jump() {
        for (text, target, place) in [
            ("auth required a\nauth required b\n", 1, 1),
            ("auth [default=1 success=ok] a\nauth required b\nauth required c\n", 1, 0),
            ("auth [default=1 success=ok] a\nauth required b\nauth required c\n", 2, 2),
            ("auth [success=2] a\nauth [success=1] b\nauth required c\nauth required d\n", 2, 0),
            ("auth required a\nauth [x=1] b\nauth [x=1] c\nauth required d\n", 3, 1),
            ("auth required a\n", 0, 0),
        ] {
            assert_eq!(place_before(&parse(text).unwrap(), target), place, "{text}");
        }
    }
}
