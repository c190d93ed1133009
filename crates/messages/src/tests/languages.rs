use crate::Language::{English, French, German, Japanese, Spanish};
use crate::{Language, Spoken, locale_of_file};

#[test]
fn a_locale_names_a_language_where_its_terminal_can_show_it() {
    for (locale, language) in [
        ("de_DE.UTF-8", Some(German)),
        ("de_AT.utf8", Some(German)),
        ("de.UTF-8", Some(German)),
        ("fr_CA.UTF-8@euro", Some(French)),
        ("es_MX.UTF-8", Some(Spanish)),
        ("ja_JP.UTF-8", Some(Japanese)),
        ("en_GB.UTF-8", Some(English)),
        ("de_DE", None),
        ("de_DE@euro", None),
        ("de_DE.ISO-8859-1", None),
        ("ja_JP.eucJP", None),
        ("pt_BR.UTF-8", None),
        ("C.UTF-8", None),
        ("C", None),
        ("POSIX", None),
        ("", None),
    ] {
        assert_eq!(Language::of_locale(locale), language, "{locale}");
    }
}

#[test]
fn a_tag_names_a_language_whatever_stands_behind_it() {
    for (tag, language) in [
        ("de", Some(German)),
        ("DE-at", Some(German)),
        ("ja-JP", Some(Japanese)),
        ("pt-BR", None),
        ("", None),
        ("deu", None),
    ] {
        assert_eq!(Language::of_tag(tag), language, "{tag}");
    }
    for language in Language::ALL {
        assert_eq!(Language::of_tag(language.tag()), Some(language));
    }
}

#[test]
fn the_file_of_the_locale_is_read_as_it_is_written() {
    for (text, locale) in [
        ("LANG=de_DE.UTF-8\n", Some("de_DE.UTF-8")),
        ("LANG=\"fr_FR.UTF-8\"\n", Some("fr_FR.UTF-8")),
        ("export LANG='es_ES.UTF-8'", Some("es_ES.UTF-8")),
        ("LANG=de_DE.UTF-8\nLC_MESSAGES=en_GB.UTF-8\n", Some("en_GB.UTF-8")),
        ("LC_MESSAGES=en_GB.UTF-8\nLC_ALL=ja_JP.UTF-8\n", Some("ja_JP.UTF-8")),
        ("LC_ALL=\nLANG=de_DE.UTF-8\n", Some("de_DE.UTF-8")),
        ("LANG=en_GB.UTF-8\nLANG=de_DE.UTF-8\n", Some("de_DE.UTF-8")),
        ("# LANG=de_DE.UTF-8\nLC_TIME=de_DE.UTF-8\nLANGUAGE=de\n", None),
        ("", None),
    ] {
        assert_eq!(locale_of_file(text), locale, "{text:?}");
    }
}

#[test]
fn the_option_wins_then_the_locale_and_who_comes_from_elsewhere_reads_english() {
    for (option, locale, console, sudo, ssh) in [
        (None, None, English, English, English),
        (None, Some("de_DE.UTF-8"), German, German, English),
        (None, Some("de_DE"), English, English, English),
        (None, Some("ja_JP.UTF-8"), English, Japanese, English),
        (Some("de"), None, German, German, German),
        (Some("fr-CA"), Some("de_DE.UTF-8"), French, French, French),
        (Some("ja"), Some("de_DE.UTF-8"), Japanese, Japanese, Japanese),
        (Some("en"), Some("de_DE.UTF-8"), English, English, English),
        // Nothing is written in it.
        (Some("pt-BR"), Some("de_DE.UTF-8"), English, English, English),
    ] {
        let spoken = Spoken::new(option, locale);
        for (service, language) in [
            ("login", console),
            ("sudo", sudo),
            ("gdm-password", sudo),
            ("sshd", ssh),
            ("openssh", ssh),
            ("remote", ssh),
            ("vsftpd", ssh),
            ("xrdp-sesman", ssh),
        ] {
            assert_eq!(spoken.at(service), language, "{option:?} {locale:?} {service}");
        }
        assert_eq!(Spoken::decode(&spoken.encode()), Some(spoken));
    }
}

#[test]
fn a_command_is_answered_in_the_language_of_its_terminal_unless_the_option_says_otherwise() {
    for (option, wanted, language) in [
        (None, Some("fr"), French),
        (None, Some("pt"), English),
        (None, None, English),
        (Some("de"), Some("fr"), German),
        (Some("de"), None, German),
    ] {
        // The locale of the system is not that of a terminal.
        assert_eq!(Spoken::new(option, Some("es_ES.UTF-8")).to_caller(wanted), language);
    }
}

#[test]
fn what_is_no_line_of_a_language_is_none() {
    for line in ["", "\n", "pt\n", "de!!\n", "de de\n", "DE\n", "de!\nfr\n"] {
        assert_eq!(Spoken::decode(line), None, "{line:?}");
    }
}
