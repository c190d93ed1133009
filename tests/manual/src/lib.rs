//! Keeps the pages in docs true: what the code knows is compared with them, or written into them.
//!
//! In a document it stands between the lines `<!-- NAME, written by its test -->` and `<!-- end -->`.
//! A manual page is written by hand, except for what stands between two comment lines: `.\" The head, written
//! by its test` or `.\" The options, written by its test`, and `.\" The rest is written by hand`.

#[cfg(test)]
mod codes;
mod completions;
mod fields;
mod words;

pub use completions::check_completions;
pub use fields::{check_fields, documented};
pub use words::{Words, check_words, join, members, words};

use clap::{Arg, ArgAction, Command};
use clap_mangen::Man;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Compares the written parts of a page with the program, or writes them with `UPDATE_MAN=1`.
///
/// `page` is the file's name, as `aad-tool.1`; its end is the section.
///
/// # Errors
/// A sentence for the test to fail with, with the command that renews the page.
pub fn check(page: &str, command: Command) -> Result<(), String> {
    let path = folder().join(page);
    let failed = |error: io::Error| format!("{}: {error}", path.display());
    let old = fs::read_to_string(&path).map_err(failed)?;
    let new = renewed(&old, page, command).map_err(failed)?;
    if new == old {
        return Ok(());
    }
    if std::env::var_os("UPDATE_MAN").is_some() {
        return fs::write(&path, new).map_err(failed);
    }
    Err(format!("docs/man/{page} is not what the program says: UPDATE_MAN=1 cargo test manual renews it"))
}

/// Compares a part of a document with the rows of a table, or writes it with `UPDATE_DOCS=1`.
///
/// `page` is the file's name in docs, `name` the part's, and the first row is the head.
///
/// # Errors
/// A sentence for the test to fail with, with the command that renews the document.
pub fn check_table(page: &str, name: &str, rows: &[Vec<String>]) -> Result<(), String> {
    // Several tests of one program renew parts of the same page.
    let _alone = RENEWED.lock().unwrap_or_else(PoisonError::into_inner);
    let path = folder().join("..").join(page);
    let failed = |error: io::Error| format!("{}: {error}", path.display());
    let old = fs::read_to_string(&path).map_err(failed)?;
    let mark = format!("<!-- {name}, written by its test -->\n");
    if !old.contains(&mark) {
        return Err(format!("docs/{page} has no part '{name}'"));
    }
    let new = replaced(&old, (&mark, END_OF_PART), &format!("\n{}\n", table(rows)));
    if new == old {
        return Ok(());
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        return fs::write(&path, new).map_err(failed);
    }
    Err(format!("docs/{page} is not what the code says: UPDATE_DOCS=1 cargo test _page renews it"))
}

/// Compares the written options of a manual page that is of no program, or writes them with `UPDATE_DOCS=1`.
///
/// # Errors
/// A sentence for the test to fail with, with the command that renews the page.
pub fn check_options(page: &str, options: &str) -> Result<(), String> {
    let path = folder().join(page);
    let failed = |error: io::Error| format!("{}: {error}", path.display());
    let old = fs::read_to_string(&path).map_err(failed)?;
    if !old.contains(OPTIONS) {
        return Err(format!("docs/man/{page} has no options that its test writes"));
    }
    let new = replaced(&old, (OPTIONS, END), options);
    if new == old {
        return Ok(());
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        return fs::write(&path, new).map_err(failed);
    }
    Err(format!("docs/man/{page} is not what the code says: UPDATE_DOCS=1 cargo test _page renews it"))
}

/// A table in Markdown; the first row is its head.
fn table(rows: &[Vec<String>]) -> String {
    let line = |row: &Vec<String>| format!("| {} |\n", row.join(" | "));
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    let columns = rows.first().map_or(0, Vec::len);
    lines.insert(lines.len().min(1), format!("|{}\n", "---|".repeat(columns)));
    lines.concat()
}

/// The text of a page.
///
/// # Errors
/// When the file cannot be read.
pub fn read(page: &str) -> io::Result<String> {
    fs::read_to_string(folder().join(page))
}

/// The names of an entry list, `.B name` behind `.TP` or `.TQ`, with the headings above it.
pub fn entries(page: &str) -> Vec<(String, String)> {
    let (mut heading, mut tag, mut entries) = ([""; 2], false, Vec::new());
    for line in page.lines() {
        match (line.split_once(' '), tag) {
            (Some((".SH", title)), _) => heading = [title, ""],
            (Some((".SS", title)), _) => heading[1] = title,
            (Some((".B", name)), true) => entries.push((heading.join("/"), name.to_owned())),
            _ => {}
        }
        tag = line == ".TP" || line == ".TQ";
    }
    entries
}

static RENEWED: Mutex<()> = Mutex::new(());

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/man")
}

fn renewed(old: &str, page: &str, command: Command) -> io::Result<String> {
    let mut command = command.disable_help_subcommand(true).subcommand_value_name("command");
    command.build();
    let section = page.rsplit('.').next().unwrap_or_default();
    let (name, version) = (command.get_name(), command.get_version().unwrap_or_default());
    let man = Man::new(command.clone());
    let head = [
        format!("{APOSTROPHE}.TH {name} {section} \"\" \"Firmament {version}\" Firmament\n"),
        rendered(|out| man.render_name_section(out))?,
        rendered(|out| man.render_synopsis_section(out))?,
    ];
    let mut options = rendered(|out| man.render_options_section(out))?;
    if command.has_subcommands() {
        options.push_str(".SH COMMANDS\n");
    }
    for below in command.get_subcommands() {
        options.push_str(&of_command(below)?);
    }
    let with_head = replaced(old, (HEAD, END), &head.concat());
    Ok(replaced(&with_head, (OPTIONS, END), &options))
}

/// A command of a program under a heading of its own, and the commands below it.
fn of_command(command: &Command) -> io::Result<String> {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let mut text = format!(".SS {}\n", name.replace('-', "\\-"));
    text.push_str(body(&rendered(|out| Man::new(command.clone()).render_description_section(out))?));
    text.push_str(body(&rendered(|out| Man::new(with_own_options(command)).render_options_section(out))?));
    for below in command.get_subcommands() {
        text.push_str(&of_command(below)?);
    }
    Ok(text)
}

/// Without help, which is the same everywhere, and without the options of the program, which stand once.
fn with_own_options(command: &Command) -> Command {
    let help = |argument: &Arg| matches!(argument.get_action(), ArgAction::Help | ArgAction::HelpLong);
    let foreign = command.get_arguments().filter(|argument| argument.is_global_set() || help(argument));
    let hidden: Vec<_> = foreign.map(|argument| argument.get_id().clone()).collect();
    hidden
        .into_iter()
        .fold(command.clone(), |command, id| command.mut_arg(id, |argument| argument.hide(true)))
}

/// A section without empty lines and without what clap_mangen writes in front of each.
fn rendered(render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<String> {
    let mut bytes = Vec::new();
    render(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).replace(APOSTROPHE, "");
    Ok(text.lines().filter(|line| !line.is_empty()).map(|line| format!("{line}\n")).collect())
}

/// What a section has below its heading.
fn body(section: &str) -> &str {
    section.split_once('\n').map_or("", |(_, body)| body)
}

/// The page with the lines between a mark and the next end replaced.
fn replaced(page: &str, (mark, end): (&str, &str), text: &str) -> String {
    let Some((before, rest)) = page.split_once(mark) else { return page.to_owned() };
    let after = rest.split_once(end).map_or("", |(_, after)| after);
    format!("{before}{mark}{text}{end}{after}")
}

/// A name for the apostrophe that every renderer knows, as clap_mangen uses it.
const APOSTROPHE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";
const HEAD: &str = ".\\\" The head, written by its test\n";
const OPTIONS: &str = ".\\\" The options, written by its test\n";
const END: &str = ".\\\" The rest is written by hand\n";
const END_OF_PART: &str = "<!-- end -->\n";

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command as Program;

    fn program() -> Command {
        let own = Arg::new("own").long("own").help("Its own");
        let all = Arg::new("all").long("all").global(true).action(ArgAction::SetTrue).help("For all");
        Command::new("thing").about("Does it").arg(all).subcommand(Command::new("go").about("Goes").arg(own))
    }

    #[test]
    fn what_is_written_by_hand_stays_and_the_rest_follows_the_program() {
        let page = format!("{HEAD}old\n{END}.SH BY HAND\nkept\n{OPTIONS}old\n{END}.SH END\n");
        let new = renewed(&page, "thing.1", program()).unwrap();
        for piece in [".SH BY HAND\nkept\n", ".SH END\n", ".TH thing 1", ".SS thing go\nGoes\n", "\\-\\-own"]
        {
            assert!(new.contains(piece), "{piece} is missing in\n{new}");
        }
        assert!(!new.contains("old\n"), "{new}");
        assert_eq!(new.matches("For all").count(), 1, "{new}");
        assert_eq!(renewed(&new, "thing.1", program()).unwrap(), new);
    }

    #[test]
    fn a_part_of_a_document_is_a_table_between_its_marks() {
        let rows = [["Code", "Advice"], ["1", "Wait."]].map(|row| row.map(str::to_owned).to_vec());
        let written = "| Code | Advice |\n|---|---|\n| 1 | Wait. |\n";
        assert_eq!(table(&rows), written);
        let page = format!("A\n<!-- x -->\nold\n{END_OF_PART}B\n");
        let new = replaced(&page, ("<!-- x -->\n", END_OF_PART), &table(&rows));
        assert_eq!(new, format!("A\n<!-- x -->\n{written}{END_OF_PART}B\n"));
        assert!(check_table("operations.md", "nothing", &rows).unwrap_err().contains("no part 'nothing'"));
        // While pages are renewed this would write what it compares.
        if std::env::var_os("UPDATE_DOCS").is_none() {
            assert!(
                check_options("firmament-himmelblau.conf.5", "other\n").unwrap_err().contains("renews it")
            );
        }
        assert!(check_options("no-such-page.5", "").unwrap_err().contains("no-such-page.5"));
    }

    #[test]
    fn entries_have_the_headings_above_them() {
        let page =
            ".SH A\n.TP\n.B one\n.TQ\n.B two\nText\n.B strong\n.SS b\n.TP\n.B three\n.SH C\n.TP\n.B four\n";
        let pairs = [("A/", "one"), ("A/", "two"), ("A/b", "three"), ("C/", "four")];
        assert_eq!(entries(page), pairs.map(|(heading, name)| (heading.to_owned(), name.to_owned())));
    }

    /// Where there is no man, there is nobody to complain.
    #[test]
    fn man_has_nothing_to_say_against_any_page() {
        for entry in fs::read_dir(folder()).unwrap() {
            let path = entry.unwrap().path();
            let mut man = Program::new("man");
            man.args(["--warnings", "--encoding=UTF-8", "-l"]).arg(&path);
            let Ok(output) = man.env("LC_ALL", "C.UTF-8").env("MANWIDTH", "100").output() else { return };
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && said.is_empty(), "{}: {said}", path.display());
        }
    }
}
