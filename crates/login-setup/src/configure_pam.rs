use crate::administrator::administrator_warning;
use crate::change::Change;
use crate::programs::{Program, Programs};
use crate::{Act, Direction, Refusal, Report, Tree, local_groups, nsswitch};
use pam_stack::{
    ByHand, Common, Finding, Homes, MODULE, OUR_PROFILES as PROFILES, PROFILE_OF_SKEL, Phase, Profile, UNIX,
    built, by_hand, enabled, judge, of_phase, parse,
};
use std::path::Path;

/// What is to be set up beside the stack.
#[derive(Debug, Clone, Default)]
pub struct PamWanted {
    /// Local groups that people of the directory are put in (`local_groups`, and `local_sudo_group` where there are
    /// `sudo_groups`).
    pub local_groups: Vec<String>,
    /// What a new home has in it.
    pub homes: Homes,
}

/// Puts the module into the PAM stack, our service into nsswitch.conf and the local groups into their file, or takes all of
/// that out; then looks whether it is so.
///
/// Where pam-auth-update is, it builds the stack from our profiles; elsewhere the files of the stack are edited.
pub fn configure_pam(
    (tree, programs): (&Tree, &dyn Programs),
    wanted: &PamWanted,
    direction: Direction,
    act: Act,
) -> Report {
    let mut lines = Vec::new();
    let done = Login { tree, programs, direction, homes: wanted.homes }.configure(wanted, act, &mut lines);
    Report::of(lines, done)
}

struct Login<'a> {
    tree: &'a Tree,
    programs: &'a dyn Programs,
    direction: Direction,
    homes: Homes,
}

/// What is to be done about the stack.
#[derive(Default)]
struct StackPlan {
    /// Files that are written here.
    edited: Vec<Change>,
    /// Files that pam-auth-update would write.
    built: Vec<Change>,
    /// What it is to be run with, each time; nothing where it is not.
    runs: Vec<Vec<&'static str>>,
    /// Why it would not touch anything.
    by_hand: Option<Refusal>,
}

impl Login<'_> {
    fn configure(&self, wanted: &PamWanted, act: Act, lines: &mut Vec<String>) -> Result<(), Refusal> {
        let names = [self.names(lines)?, self.groups(wanted, lines)?];
        let stack = match self.programs.has(Program::PamAuthUpdate) {
            true => self.profiles()?,
            false => self.files()?,
        };
        for change in names.iter().chain(&stack.edited).chain(&stack.built) {
            lines.extend(change.diff());
        }
        for run in &stack.runs {
            lines.push(format!("pam-auth-update {} makes the difference in common-*.", run.join(" ")));
        }
        if self.direction == Direction::SetUp {
            lines.extend(administrator_warning(self.tree));
        }
        if self.direction == Direction::SetUp && !self.has_module()? {
            match act {
                Act::Do => return Err(Refusal::NoModule),
                Act::Show => lines
                    .push(format!("{}. With --really nothing is changed before it is.", Refusal::NoModule)),
            }
        }
        if let Some(by_hand) = stack.by_hand {
            return Err(by_hand);
        }
        if act == Act::Show {
            let is_needed = names.iter().chain(&stack.edited).chain(&stack.built).any(Change::is_needed);
            lines.push(if is_needed { NOTHING_CHANGED } else { NOTHING_TO_DO }.to_owned());
            return Ok(());
        }
        self.tree.require_root()?;
        // A stack that names the module is the last to be made and the first to go.
        match self.direction {
            Direction::SetUp => {
                self.write(&names, lines)?;
                self.write(&stack.edited, lines)?;
                self.build(&stack, lines)?;
            }
            Direction::TakeOut => {
                self.build(&stack, lines)?;
                self.write(&stack.edited, lines)?;
                self.write(&names, lines)?;
            }
        }
        self.check(lines)
    }

    /// nsswitch.conf; SUSE has its own file where the administrator has none.
    fn names(&self, lines: &mut Vec<String>) -> Result<Change, Refusal> {
        let before = self.tree.read(NSSWITCH)?;
        let vendor = self.tree.read(NSSWITCH_OF_VENDOR)?;
        let text = before.clone().or_else(|| vendor.clone()).unwrap_or_default();
        let after = match self.direction {
            Direction::SetUp => {
                let (text, oddities) = nsswitch::with_us(&text);
                lines.extend(oddities.iter().map(ToString::to_string));
                Some(text)
            }
            Direction::TakeOut => before
                .as_ref()
                .map(|text| nsswitch::without_us(text))
                .filter(|text| vendor.as_ref() != Some(text) && !text.is_empty()),
        };
        Ok(Change::new(NSSWITCH, before, after))
    }

    fn groups(&self, wanted: &PamWanted, lines: &mut Vec<String>) -> Result<Change, Refusal> {
        let before = self.tree.read(local_groups::PATH)?;
        let is_ours = before.as_ref().is_none_or(|text| local_groups::is_ours(text));
        let after = match self.direction {
            Direction::SetUp => {
                let groups = self.tree.read("/etc/group")?.unwrap_or_default();
                let notes = local_groups::notes(&wanted.local_groups, &groups);
                lines.extend(notes.iter().map(ToString::to_string));
                local_groups::file(&wanted.local_groups)?
            }
            Direction::TakeOut => None,
        };
        if !is_ours && before != after {
            lines.push(format!("{} was written by hand and stays as it is.", local_groups::PATH));
        }
        Ok(Change::new(local_groups::PATH, before.clone(), if is_ours { after } else { before }))
    }

    /// What pam-auth-update is to be told, and what it then makes.
    fn profiles(&self) -> Result<StackPlan, Refusal> {
        let mut plan = StackPlan::default();
        let packaged = self.is_packaged()?;
        for (name, text) in PROFILES {
            let path = format!("{FOLDER_OF_PROFILES}/{name}");
            let before = self.tree.read(&path)?;
            let after = match self.wants(name) {
                true => Some(text.to_owned()),
                false => before.clone().filter(|_| packaged),
            };
            plan.edited.push(Change::new(&path, before, after));
        }
        let (in_force, has_skel, by_hand) = self.in_force()?;
        for common in Common::ALL {
            let Some(before) = self.tree.read(common.path())? else { continue };
            let after = built(common, &before, &in_force).unwrap_or_else(|| before.clone());
            plan.built.push(Change::new(&common.path(), Some(before), Some(after)));
        }
        let is_right = match self.direction {
            Direction::SetUp => self.findings()?.is_empty(),
            Direction::TakeOut => self.find_module()?.is_empty(),
        };
        if by_hand.is_some() {
            // Somebody may have put the lines in, or taken them out, by hand.
            plan.by_hand = by_hand.filter(|_| !is_right);
            plan.built.clear();
            return Ok(plan);
        }
        if plan.built.iter().any(Change::is_needed) || !is_right {
            plan.runs = self.runs(packaged, has_skel);
        }
        Ok(plan)
    }

    /// Whether a profile is to be in force.
    fn wants(&self, profile: &str) -> bool {
        self.direction == Direction::SetUp && self.homes.profiles().any(|(name, _)| name == profile)
    }

    /// What puts the profiles in force that are wanted, and the others out of it.
    fn runs(&self, packaged: bool, has_skel: bool) -> Vec<Vec<&'static str>> {
        let is_there = |name: &&str| *name != PROFILE_OF_SKEL || has_skel;
        let names = PROFILES.iter().map(|(name, _)| *name);
        let (wanted, others): (Vec<&str>, Vec<&str>) = names.partition(|name| self.wants(name));
        let others: Vec<&str> = others.into_iter().filter(is_there).collect();
        // A profile that stays is not to come back with the next package.
        let out = if packaged { "--disable" } else { "--remove" };
        let runs = [("--enable", wanted), (out, others)].into_iter().filter(|(_, names)| !names.is_empty());
        runs.map(|(verb, names)| [&["--package", verb], &names[..]].concat()).collect()
    }

    /// The profiles that are to be in force, whether the one that fills homes is, and whether pam-auth-update would leave
    /// them alone.
    fn in_force(&self) -> Result<(Vec<Profile>, bool, Option<Refusal>), Refusal> {
        let mut names: Vec<String> = Vec::new();
        let mut edited = None;
        for common in Common::ALL {
            let note = self.tree.read(common.note())?;
            names.extend(note.iter().flat_map(|note| enabled(note)).map(str::to_owned));
            let text = self.tree.read(common.path())?.unwrap_or_default();
            let by_hand = by_hand(common, &text, note.as_deref());
            edited = edited.or_else(|| by_hand.map(|by_hand| edited_by_hand(common, by_hand)));
        }
        let has_skel = names.iter().any(|name| name == PROFILE_OF_SKEL);
        names.retain(|name| PROFILES.iter().all(|(ours, _)| ours != name));
        names.sort();
        names.dedup();
        let mut profiles = Vec::new();
        for name in names {
            if let Some(text) = self.tree.read(Path::new(FOLDER_OF_PROFILES).join(&name))? {
                profiles.push(Profile::read(&name, &text));
            }
        }
        if self.direction == Direction::SetUp {
            profiles.extend(self.homes.profiles().map(|(name, text)| Profile::read(name, text)));
        }
        Ok((profiles, has_skel, edited))
    }

    /// The files of a stack that is edited here.
    fn files(&self) -> Result<StackPlan, Refusal> {
        let mut plan = StackPlan::default();
        for path in STACK_FILES {
            let Some(before) = self.tree.read(path)? else { continue };
            let failed = |error| Refusal::Stack { path: path.to_owned(), error };
            let after = match self.direction {
                Direction::SetUp => pam_stack::with_us(&before, self.homes).map_err(failed)?,
                Direction::TakeOut => pam_stack::without_us(&before),
            };
            plan.edited.push(Change::new(path, Some(before), Some(after)));
        }
        if plan.edited.is_empty() { Err(Refusal::NoStack) } else { Ok(plan) }
    }

    fn write(&self, changes: &[Change], lines: &mut Vec<String>) -> Result<(), Refusal> {
        for change in changes.iter().filter(|change| change.is_needed()) {
            let copy = match self.direction {
                Direction::SetUp => self.tree.apply(change)?,
                Direction::TakeOut => self.tree.take_back(change)?,
            };
            let what = if change.after.is_some() { "Written" } else { "Removed" };
            lines.push(format!("{what}: {}", change.path.display()));
            lines.extend(copy.map(|copy| format!("The file before that is {}.", copy.display())));
        }
        Ok(())
    }

    fn build(&self, plan: &StackPlan, lines: &mut Vec<String>) -> Result<(), Refusal> {
        let root = self.tree.root().display().to_string();
        for run in &plan.runs {
            let mut arguments = run.clone();
            if !self.tree.is_machine() {
                arguments.splice(0..0, ["--root", &root]);
            }
            let said = self.programs.run(Program::PamAuthUpdate, &arguments)?;
            if !said.is_fine {
                let said = said.errors.trim().to_owned();
                return Err(Refusal::Program { program: Program::PamAuthUpdate, said });
            }
            lines.push(format!("Run: pam-auth-update {}", arguments.join(" ")));
        }
        Ok(())
    }

    /// What stands in the files now.
    fn check(&self, lines: &mut Vec<String>) -> Result<(), Refusal> {
        match self.direction {
            Direction::SetUp => {
                let wrong = self.findings()?;
                if !wrong.is_empty() {
                    return Err(Refusal::StackWrong(wrong));
                }
                lines.push(CHECKED.to_owned());
            }
            Direction::TakeOut => {
                let there = self.find_module()?;
                if !there.is_empty() {
                    return Err(Refusal::StillThere(there));
                }
                lines.push(CHECKED_GONE.to_owned());
            }
        }
        let missing = nsswitch::missing(&self.tree.read(NSSWITCH)?.unwrap_or_default());
        match (self.direction, missing.as_slice()) {
            (Direction::SetUp, []) => lines.push(NAMES_FOUND.to_owned()),
            (Direction::SetUp, missing) => lines.push(format!("{} has no firmament.", missing.join(", "))),
            (Direction::TakeOut, _) => {}
        }
        Ok(())
    }

    /// What is wrong with each file and phase that lets local people in; there has to be one.
    fn findings(&self) -> Result<Vec<(String, Finding)>, Refusal> {
        let (mut wrong, mut judged) = (Vec::new(), false);
        for path in STACK_FILES {
            let Some(text) = self.tree.read(path)? else { continue };
            let rules = parse(&text).map_err(|error| Refusal::Stack { path: path.to_owned(), error })?;
            for phase in Phase::ALL {
                let rules = of_phase(&rules, phase);
                if rules.iter().any(|rule| rule.module == UNIX) {
                    let of_phase = |finding| (format!("{path} ({})", phase.word()), finding);
                    wrong.extend(judge(phase, &rules).into_iter().map(of_phase));
                    judged |= phase == Phase::Auth;
                }
            }
        }
        if judged { Ok(wrong) } else { Err(Refusal::NoStack) }
    }

    /// The files that name the module.
    fn find_module(&self) -> Result<Vec<String>, Refusal> {
        let mut there = Vec::new();
        for name in self.tree.names("/etc/pam.d")? {
            let path = format!("/etc/pam.d/{name}");
            let is_old = name.ends_with(".before-firmament") || name.ends_with(".pam-old");
            if is_old || !self.tree.at(&path).is_file() {
                continue;
            }
            let text = self.tree.read(&path)?.unwrap_or_default();
            if parse(&text).is_ok_and(|rules| rules.iter().any(|rule| rule.module == MODULE)) {
                there.push(path);
            }
        }
        Ok(there)
    }

    /// Whether the module is where some libpam looks.
    fn has_module(&self) -> Result<bool, Refusal> {
        let has = |folder: &str| self.tree.has(&format!("{folder}/security/{MODULE}"));
        if ["/lib", "/lib64", "/usr/lib", "/usr/lib64"].into_iter().any(has) {
            return Ok(true);
        }
        let names = self.tree.names("/usr/lib")?;
        Ok(names.iter().any(|name| has(&format!("/usr/lib/{name}"))))
    }

    /// Whether the profiles came with a package, whose files are not removed here.
    fn is_packaged(&self) -> Result<bool, Refusal> {
        let profile = format!("{FOLDER_OF_PROFILES}/{}", PROFILES[0].0);
        for name in self.tree.names(PACKAGES)? {
            if name.starts_with("firmament") && name.ends_with(".list") {
                let list = self.tree.read(format!("{PACKAGES}/{name}"))?.unwrap_or_default();
                if list.lines().any(|line| line == profile) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

fn edited_by_hand(common: Common, by_hand: ByHand) -> Refusal {
    let rule = match by_hand {
        ByHand::Rule(rule) => Some(rule),
        ByHand::NoNote | ByHand::NoMarks => None,
    };
    Refusal::EditedByHand { path: common.path(), rule }
}

const NSSWITCH: &str = "/etc/nsswitch.conf";
const NSSWITCH_OF_VENDOR: &str = "/usr/etc/nsswitch.conf";
const FOLDER_OF_PROFILES: &str = "/usr/share/pam-configs";
const PACKAGES: &str = "/var/lib/dpkg/info";
/// What the services of a distribution include: Debian, Ubuntu and SUSE the first four, Fedora and Arch the others.
const STACK_FILES: [&str; 6] = [
    "/etc/pam.d/common-auth",
    "/etc/pam.d/common-account",
    "/etc/pam.d/common-password",
    "/etc/pam.d/common-session",
    "/etc/pam.d/system-auth",
    "/etc/pam.d/password-auth",
];
const NOTHING_CHANGED: &str = "Nothing was changed: add --really to do it.";
const NOTHING_TO_DO: &str = "There is nothing to change.";
const CHECKED: &str = "Checked: people of the directory come in by pam_firmament.so in auth and account, and local people \
    as before.";
const CHECKED_GONE: &str = "Checked: no file of /etc/pam.d names pam_firmament.so.";
const NAMES_FOUND: &str = "Checked: passwd, group and shadow have firmament in /etc/nsswitch.conf.";
