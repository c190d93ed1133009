use crate::Language;
use crate::sentence::Sentence;
use crate::sentence::Value::Text;
use crate::table;

/// What `aad-tool` says around the daemon's words; what is asked ends with a space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolText<'a> {
    /// Something to know.
    Note(&'a str),
    /// Who signed in, in which tenant.
    SignedIn(&'a str, &'a str),
    /// Whose password is asked for.
    PasswordFor(&'a str),
    /// How to have a code instead.
    OrCode,
    /// The question for it.
    Password,
    /// What the page will show.
    App,
    /// Whose sign-in is to be approved only.
    Yourself,
    /// Where to go.
    Open(&'a str),
    /// What to type there.
    Code(&'a str),
    /// Until when.
    Until(&'a str),
    /// What failed, and its code.
    Problem(&'a str, &'a str),
    /// Who can fix it.
    Who(&'a str),
    /// What to do.
    Advice(&'a str),
    /// What is waited for, and for how long at most.
    Waiting(&'a str, Option<&'a str>),
    /// As that, once more.
    StillWaiting(&'a str, Option<&'a str>),
    /// The daemon is waited for.
    Daemon,
    /// The end of what was said is waited for.
    TheEnd(&'a str),
}

impl ToolText<'_> {
    /// In this language.
    pub fn say(self, language: Language) -> String {
        let plain = |sentence: &Sentence| sentence.say(language, &[]);
        let of = |sentence: &Sentence, field, text| sentence.say(language, &[(field, Text(text))]);
        match self {
            ToolText::Note(what) => of(&table::TOOL_NOTE, "what", what),
            ToolText::SignedIn(name, tenant) => {
                table::TOOL_SIGNED_IN.say(language, &[("name", Text(name)), ("tenant", Text(tenant))])
            }
            ToolText::PasswordFor(name) => of(&table::TOOL_PASSWORD_FOR, "name", name),
            ToolText::OrCode => plain(&table::TOOL_OR_CODE),
            ToolText::Password => plain(&table::TOOL_PASSWORD) + " ",
            ToolText::App => plain(&table::TOOL_APP),
            ToolText::Yourself => plain(&table::TOOL_YOURSELF),
            ToolText::Open(url) => of(&table::TOOL_OPEN, "url", url),
            ToolText::Code(code) => of(&table::TOOL_CODE, "code", code),
            ToolText::Until(until) => of(&table::TOOL_UNTIL, "until", until),
            ToolText::Problem(what, code) => {
                table::TOOL_PROBLEM.say(language, &[("what", Text(what)), ("code", Text(code))])
            }
            ToolText::Who(who) => of(&table::TOOL_WHO, "who", who),
            ToolText::Advice(what) => of(&table::TOOL_ADVICE, "what", what),
            ToolText::Waiting(what, left) => waiting(&table::TOOL_WAITING, (what, left), language),
            ToolText::StillWaiting(what, left) => waiting(&table::TOOL_STILL_WAITING, (what, left), language),
            ToolText::Daemon => plain(&table::TOOL_DAEMON),
            ToolText::TheEnd(what) => of(&table::TOOL_THE_END, "what", what),
        }
    }
}

fn waiting(sentence: &Sentence, (what, left): (&str, Option<&str>), language: Language) -> String {
    let left = left.map(|left| table::TOOL_LEFT.say(language, &[("left", Text(left))]));
    let left = left.map_or_else(String::new, |left| format!(" ({left})"));
    sentence.say(language, &[("what", Text(what)), ("left", Text(&left))])
}
