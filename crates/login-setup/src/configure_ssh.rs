use crate::change::Change;
use crate::programs::{Program, Programs, Said};
use crate::sshd::{Asked, InForce, Includes, PATH, SshFinding, drop_in, includes, judge_local, judge_person};
use crate::{Act, Direction, Refusal, Report, Tree};
use model::DomainName;

/// What sshd is to be set up for.
#[derive(Debug, Clone)]
pub struct SshWanted {
    /// The domains that are served, with their aliases.
    pub domains: Vec<DomainName>,
    /// Whether people may leave their domain out (`cn_name_mapping`).
    pub short_names: bool,
    /// Whether everybody is asked by keyboard-interactive, because no pattern fits short names.
    pub everybody: bool,
}

/// Lets sshd ask people of the directory, by a drop-in; what local people may do stays as it was, unless everybody is
/// wanted. Where the check afterwards finds anything, the old state is put back.
pub fn configure_ssh(
    (tree, programs): (&Tree, &dyn Programs),
    wanted: &SshWanted,
    direction: Direction,
    act: Act,
) -> Report {
    let mut lines = Vec::new();
    let done = Server { tree, programs }.configure(wanted, (direction, act), &mut lines);
    Report::of(lines, done)
}

struct Server<'a> {
    tree: &'a Tree,
    programs: &'a dyn Programs,
}

impl Server<'_> {
    fn configure(
        &self,
        wanted: &SshWanted,
        (direction, act): (Direction, Act),
        lines: &mut Vec<String>,
    ) -> Result<(), Refusal> {
        let asked = if wanted.everybody { Asked::Everybody } else { Asked::FullNames };
        if direction == Direction::SetUp && wanted.domains.is_empty() {
            return Err(Refusal::NoDomain);
        }
        let after = (direction == Direction::SetUp).then(|| drop_in(&wanted.domains, asked));
        let change = Change::new(PATH, self.tree.read(PATH)?, after);
        lines.extend(change.diff());
        if direction == Direction::SetUp {
            lines.extend(notes(wanted).into_iter().map(str::to_owned));
        }
        let is_read = self.is_read()?;
        if act == Act::Show {
            lines.extend(shown(&change, direction == Direction::TakeOut || is_read).map(str::to_owned));
            return Ok(());
        }
        self.tree.require_root()?;
        match direction {
            Direction::SetUp if !is_read => Err(Refusal::SshdReadsNone),
            Direction::SetUp => self.set_up(wanted, asked, &change, lines),
            Direction::TakeOut => self.take_out(&change, lines),
        }
    }

    fn set_up(
        &self,
        wanted: &SshWanted,
        asked: Asked,
        change: &Change,
        lines: &mut Vec<String>,
    ) -> Result<(), Refusal> {
        self.require_sound()?;
        let local = self.in_force(LOCAL)?;
        let copy = if change.is_needed() { self.tree.apply(change)? } else { None };
        let found = self.check(wanted, asked, local)?;
        if !found.is_empty() {
            if change.is_needed() {
                let back =
                    Change { before: change.after.clone(), after: change.before.clone(), ..change.clone() };
                self.tree.take_back(&back)?;
            }
            return Err(Refusal::SshdWrong(found));
        }
        match change.is_needed() {
            true => lines.push(format!("Written: {PATH}")),
            false => lines.push(format!("{PATH} is as it should be.")),
        }
        lines.extend(copy.map(|copy| format!("The old file is {}.", copy.display())));
        let first = wanted.domains.first().map(ToString::to_string).unwrap_or_default();
        lines.push(format!(
            "Checked with sshd -t and sshd -T: people of {first} are asked by keyboard-interactive{}.",
            if asked == Asked::FullNames {
                ", and nothing has changed for local people"
            } else {
                ", as is everybody"
            }
        ));
        lines.push(RELOAD.to_owned());
        Ok(())
    }

    fn take_out(&self, change: &Change, lines: &mut Vec<String>) -> Result<(), Refusal> {
        if !change.is_needed() {
            lines.push(format!("There is no {PATH}."));
            return Ok(());
        }
        self.tree.take_back(change)?;
        lines.push(format!("Removed: {PATH}"));
        if self.programs.has(Program::Sshd) {
            self.require_sound()?;
            lines.push("Checked with sshd -t.".to_owned());
        }
        lines.push(RELOAD.to_owned());
        Ok(())
    }

    /// Whether sshd reads drop-ins; SUSE has its own file where the administrator has none.
    fn is_read(&self) -> Result<bool, Refusal> {
        let text = match self.tree.read(MAIN)? {
            Some(text) => Some(text),
            None => self.tree.read(MAIN_OF_VENDOR)?,
        };
        let folder = self.tree.at("/etc/ssh").display().to_string();
        Ok(text.is_some_and(|text| includes(&text, &folder) == Includes::All))
    }

    fn require_sound(&self) -> Result<(), Refusal> {
        let said = self.sshd(&["-t"])?;
        if said.is_fine { Ok(()) } else { Err(Refusal::SshdBroken(brief(&said))) }
    }

    /// What is in force for a user who comes from this machine.
    fn in_force(&self, user: &str) -> Result<Option<InForce>, Refusal> {
        let said = self.sshd(&["-T", "-C", &format!("user={user},host=localhost,addr=127.0.0.1")])?;
        Ok(InForce::read(&said.output).filter(|_| said.is_fine))
    }

    fn check(
        &self,
        wanted: &SshWanted,
        asked: Asked,
        local_before: Option<InForce>,
    ) -> Result<Vec<SshFinding>, Refusal> {
        let said = self.sshd(&["-t"])?;
        if !said.is_fine {
            return Ok(vec![SshFinding::Refused(brief(&said))]);
        }
        let mut found = Vec::new();
        for domain in &wanted.domains {
            let name = format!("x@{domain}");
            match self.in_force(&name)? {
                Some(in_force) => found.extend(judge_person(&name, &in_force)),
                None => found.push(SshFinding::Unknown(name)),
            }
        }
        match (local_before, self.in_force(LOCAL)?) {
            (Some(before), Some(after)) => found.extend(judge_local(&before, &after, asked)),
            _ => found.push(SshFinding::Unknown(LOCAL.to_owned())),
        }
        Ok(found)
    }

    fn sshd(&self, arguments: &[&str]) -> Result<Said, Refusal> {
        let file = self.tree.at(MAIN).display().to_string();
        let mut all: Vec<&str> = Vec::new();
        if !self.tree.is_machine() {
            all.extend(["-f", &file]);
        }
        all.extend(arguments);
        self.programs.run(Program::Sshd, &all)
    }
}

/// The last line is what sshd ends with.
fn brief(said: &Said) -> String {
    said.errors
        .lines()
        .map(str::trim)
        .rfind(|line| !line.is_empty())
        .unwrap_or("it does not say why")
        .to_owned()
}

fn notes(wanted: &SshWanted) -> Vec<&'static str> {
    match (wanted.everybody, wanted.short_names) {
        (true, _) => vec![EVERYBODY],
        (false, true) => vec![SHORT_NAMES],
        (false, false) => Vec::new(),
    }
}

fn shown(change: &Change, is_read: bool) -> impl Iterator<Item = &'static str> {
    let what = if change.is_needed() { NOTHING_CHANGED } else { NOTHING_TO_DO };
    (!is_read).then_some(NOT_READ).into_iter().chain([what])
}

const MAIN: &str = "/etc/ssh/sshd_config";
const MAIN_OF_VENDOR: &str = "/usr/etc/ssh/sshd_config";
/// A local person that is on every machine.
const LOCAL: &str = "root";
const RELOAD: &str = "It is in force after systemctl reload ssh (or sshd, as the unit is named here).";
const NOTHING_CHANGED: &str = "Nothing was changed: add --really to do it.";
const NOTHING_TO_DO: &str = "There is nothing to change.";
const NOT_READ: &str = "/etc/ssh/sshd_config does not include the files of /etc/ssh/sshd_config.d for everybody: make \
    \"Include /etc/ssh/sshd_config.d/*.conf\" its first line.";
const SHORT_NAMES: &str = "Short names are on (cn_name_mapping), and no pattern of sshd fits them: who leaves the \
    domain out can be asked for a password at most, and shown no device code. With --everybody, keyboard-interactive \
    is on for everybody.";
const EVERYBODY: &str = "Keyboard-interactive is on for everybody: local people can then sign in with their local \
    passwords even where PasswordAuthentication is no.";
