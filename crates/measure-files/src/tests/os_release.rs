use super::tree::{Tree, missing};
use facts::{Fact, Reason, Release};

/// `ID` and `VERSION_ID` of a machine with this file.
fn ids(text: &str) -> (Option<String>, Option<String>) {
    let tree = Tree::new();
    tree.file("/etc/os-release", text);
    let release = tree.facts().release.known().unwrap().clone();
    (release.id, release.version_id)
}

#[test]
fn every_family_says_who_it_is_and_only_by_id_and_version_id() {
    for (family, text, id, version) in [
        (
            "Ubuntu LTS",
            "VERSION=\"24.04.3 LTS (Noble Numbat)\"\nVERSION_ID=\"24.04\"\nID=ubuntu\nID_LIKE=debian\n",
            "ubuntu",
            "24.04",
        ),
        ("Ubuntu interim", "ID=ubuntu\nVERSION_ID=\"26.10\"\n", "ubuntu", "26.10"),
        ("Debian", "ID=debian\nVERSION_ID=\"12\"\nVERSION=\"12 (bookworm)\"\n", "debian", "12"),
        ("Debian testing", "PRETTY_NAME=\"Debian GNU/Linux forky/sid\"\nID=debian\n", "debian", ""),
        ("Mint", "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\nVERSION_ID=\"22.1\"\n", "linuxmint", "22.1"),
        ("Pop", "ID=pop\nID_LIKE=\"ubuntu debian\"\nVERSION_ID=\"24.04\"\n", "pop", "24.04"),
        (
            "RHEL",
            "NAME=\"Red Hat Enterprise Linux\"\nVERSION=\"9.4 (Plow)\"\nID=\"rhel\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"9.4\"\n",
            "rhel",
            "9.4",
        ),
        (
            "Alma",
            "ID=\"almalinux\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.4\"\n",
            "almalinux",
            "9.4",
        ),
        ("CentOS Stream", "ID=\"centos\"\nID_LIKE=\"rhel fedora\"\nVERSION_ID=\"9\"\n", "centos", "9"),
        ("Oracle", "ID=\"ol\"\nVERSION_ID=\"9.4\"\n", "ol", "9.4"),
        ("Silverblue", "ID=fedora\nVERSION_ID=43\nVARIANT_ID=silverblue\n", "fedora", "43"),
        ("Leap", "ID=\"opensuse-leap\"\nVERSION_ID=\"15.6\"\n", "opensuse-leap", "15.6"),
        (
            "Tumbleweed",
            "ID=\"opensuse-tumbleweed\"\nVERSION_ID=\"20260914\"\n",
            "opensuse-tumbleweed",
            "20260914",
        ),
        ("SLE", "ID=\"sles\"\nVERSION_ID=\"15.6\"\n", "sles", "15.6"),
        ("Arch", "ID=arch\nBUILD_ID=rolling\n", "arch", ""),
        ("NixOS", "ID=nixos\nVERSION_ID=\"26.11pre-git\"\n", "nixos", "26.11pre-git"),
        ("Alpine", "ID=alpine\nVERSION_ID=3.22.1\n", "alpine", "3.22.1"),
        ("Void", "ID=\"void\"\n", "void", ""),
    ] {
        let text_of = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        assert_eq!(ids(text), (text_of(id), text_of(version)), "{family}");
    }
}

#[test]
fn debian_version_lsb_release_and_the_variant_are_no_substitute() {
    let tree = Tree::new();
    tree.file("/etc/debian_version", "13.1\n")
        .file("/etc/lsb-release", "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=24.04\n");
    assert_eq!(tree.facts().release, Fact::Unknown(missing("/usr/lib/os-release")));
    tree.file("/etc/os-release", "NAME=x\nVARIANT_ID=ubuntu\n");
    assert_eq!(tree.facts().release.known().unwrap().id, None);
}

#[test]
fn a_line_is_read_as_a_shell_reads_it() {
    for (line, value) in [
        ("ID=debian", "debian"),
        ("ID=\"debian\"", "debian"),
        ("ID='debian'", "debian"),
        ("  ID=debian\r", "debian"),
        ("ID=\"say \\\"hi\\\" for \\$5 \\\\ \\` \\n\"", "say \"hi\" for $5 \\ ` \\n"),
        ("ID='it is \"so\" \\'", "it is \"so\" \\"),
        ("ID=a\\ b", "a b"),
        ("ID=\"a\"'b'c", "abc"),
        ("ID=\"open", "open"),
        ("ID=a\nID=b", "b"),
        ("ID=a\n#ID=b", "a"),
        ("ID=a\n# ID=b", "a"),
        ("ID=a\nMY_ID=b\nID_LIKE=c\nIDS=d", "a"),
        ("ID=\"it's\"", "it's"),
        ("ID=\"''quoted''\"", "''quoted''"),
    ] {
        assert_eq!(ids(line).0.as_deref(), Some(value), "{line:?}");
    }
    for line in ["ID=", "ID=\"\"", "ID", "#ID=x", "ID =x", "", "id=x"] {
        assert_eq!(ids(line).0, None, "{line:?}");
    }
}

#[test]
fn the_first_file_that_can_be_opened_counts() {
    let release = |tree: &Tree| tree.facts().release;
    let id = |tree: &Tree| release(tree).known().unwrap().clone();
    let tree = Tree::new();
    tree.file("/usr/lib/os-release", "ID=fedora\n");
    assert_eq!(id(&tree).id.as_deref(), Some("fedora"));
    // A link into a store, as NixOS has it, and one that leads nowhere.
    tree.file("/nix/store/os-release", "ID=nixos\n").link("/etc/os-release", "/etc/static/os-release");
    assert_eq!(id(&tree).id.as_deref(), Some("fedora"));
    tree.link("/etc/static", "/nix/store");
    let found = id(&tree);
    assert_eq!((found.id.as_deref(), found.file.as_str()), (Some("nixos"), "/etc/os-release"));
    let empty = Tree::new();
    empty.file("/etc/os-release", "").file("/usr/lib/os-release", "ID=fedora\n");
    let nothing = Release { file: "/etc/os-release".to_owned(), ..Release::default() };
    assert_eq!(release(&empty), Fact::Known(nothing));
    let large = Tree::new();
    large.file("/etc/os-release", vec![b'#'; 5 << 20]).file("/usr/lib/os-release", "ID=fedora\n");
    assert_eq!(release(&large), Fact::Unknown(Reason::TooLarge("/etc/os-release".to_owned())));
}

#[test]
fn names_for_people_are_read_too() {
    let tree = Tree::new();
    tree.file("/etc/os-release", b"NAME=\"Ubuntu\"\nPRETTY_NAME=\"Ubuntu 24.04.3 LTS\"\nX=\xff\n");
    let release = crate::os_release(&tree.path("/")).known().unwrap().clone();
    let names = (release.name.as_deref(), release.pretty_name.as_deref());
    assert_eq!(names, (Some("Ubuntu"), Some("Ubuntu 24.04.3 LTS")));
}
