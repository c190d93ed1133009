//! In which language people are spoken to, by the configuration and the locale of the system, and the file that tells
//! the PAM module so while the service is away.

use config::Settings;
use files::Trust;
use messages::{Language, Spoken, locale_of_file};
use report::Manners;
use std::io;
use std::path::Path;

/// How people are spoken to. The caller's own environment says nothing of it: ssh hands on what its client likes.
pub(crate) fn of(settings: &Settings, root: &Path) -> Manners {
    let spoken = spoken(settings.global.language.as_deref(), root);
    Manners { spoken, asked_services: settings.global.mfa_poll_prompt_services.clone() }
}

fn spoken(option: Option<&str>, root: &Path) -> Spoken {
    if let Some(tag) = option.filter(|tag| Language::of_tag(tag).is_none()) {
        tracing::warn!(
            language = tag,
            "Nothing is written in the language of the configuration: it is English"
        );
    }
    let locale = if option.is_none() { locale(root) } else { None };
    Spoken::new(option, locale.as_deref())
}

/// What the first of the files says that there is (locale.conf(5), and where Debian has it).
fn locale(root: &Path) -> Option<String> {
    let read = |path: &&str| files::read_public(&root.join(path), &Trust::current()).ok();
    let file = ["etc/locale.conf", "etc/default/locale"].iter().find_map(read)?;
    locale_of_file(&String::from_utf8_lossy(&file.content)).map(str::to_owned)
}

/// Writes the file that the PAM module reads, beside the file of names.
pub(crate) fn write(directory: &Path, spoken: Spoken) -> io::Result<()> {
    names_file::replace(&directory.join(LANGUAGE), spoken.encode().as_bytes(), 0o644)?;
    Ok(())
}

/// Its name in the directory.
pub(crate) const LANGUAGE: &str = "language";

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_option_wins_and_the_first_file_of_the_locale_counts() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        fs::create_dir_all(at("etc/default")).unwrap();
        assert_eq!(spoken(None, root.path()), Spoken::default());
        fs::write(at("etc/default/locale"), "LANG=fr_FR.UTF-8\n").unwrap();
        assert_eq!(spoken(None, root.path()).at("su"), Language::French);
        fs::write(at("etc/locale.conf"), "LANG=de_DE.UTF-8\n").unwrap();
        assert_eq!(spoken(None, root.path()).at("su"), Language::German);
        assert_eq!(spoken(None, root.path()).at("sshd"), Language::English);
        assert_eq!(spoken(Some("es"), root.path()).at("sshd"), Language::Spanish);
        assert_eq!(spoken(Some("pt-BR"), root.path()).at("su"), Language::English);
    }

    #[test]
    fn the_module_reads_what_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let spoken = Spoken::new(Some("ja"), None);
        write(dir.path(), spoken).unwrap();
        let own = rustix::process::geteuid().as_raw();
        let line = names_file::line(own, &dir.path().join(LANGUAGE)).unwrap();
        assert_eq!(Spoken::decode(&line), Some(spoken));
        assert!(write(&dir.path().join("nothing"), spoken).is_err());
    }
}
