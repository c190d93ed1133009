use super::tree::{Tree, missing};
use crate::root::Root;
use facts::Reason;
use std::os::unix::fs::symlink;
use std::path::Path;

fn root(tree: &Tree) -> Root {
    Root::new(&tree.path("/"))
}

#[test]
fn links_lead_to_places_below_the_root_alone() {
    let tree = Tree::new();
    tree.file("/etc/inside", "inside").folder("/a/b");
    tree.link("/absolute", "/etc/inside").link("/a/b/relative", "../../etc/inside");
    tree.link("/a/up", "../../../../../etc/inside").link("/folder", "/etc").link("/chain", "/absolute");
    tree.link("/outside", "/etc/passwd").link("/a/b/outside", "../../../../../../etc/passwd");
    tree.link("/loop", "/loop").link("/etc/one", "two").link("/etc/two", "one");
    for path in [
        "/etc/inside",
        "/absolute",
        "/a/b/relative",
        "/a/up",
        "/folder/inside",
        "/chain",
        "/folder/../etc/inside",
    ] {
        assert_eq!(root(&tree).text(path).unwrap(), "inside", "{path}");
        assert_eq!(root(&tree).resolve(Path::new(path)).unwrap(), Path::new("/etc/inside"));
    }
    for path in ["/outside", "/a/b/outside", "/../../etc/passwd", "/etc/inside/below"] {
        assert_eq!(root(&tree).text(path), Err(missing(path)), "{path}");
    }
    for path in ["/loop", "/etc/one"] {
        assert_eq!(root(&tree).text(path), Err(Reason::Unreadable(path.to_owned())), "{path}");
    }
}

#[test]
fn only_regular_files_of_a_bounded_size_are_read() {
    let tree = Tree::new();
    tree.file("/small", vec![b'x'; 4 << 20]).file("/large", vec![b'x'; (4 << 20) + 1]).folder("/folder");
    tree.file("/value", vec![b'1'; 4096]).file("/values", vec![b'1'; 4097]).file("/broken", b"a\xffb");
    assert_eq!(root(&tree).text("/small").unwrap().len(), 4 << 20);
    assert_eq!(root(&tree).text("/large"), Err(Reason::TooLarge("/large".to_owned())));
    assert_eq!(root(&tree).value("/value").unwrap().unwrap().len(), 4096);
    assert_eq!(root(&tree).value("/values"), Err(Reason::TooLarge("/values".to_owned())));
    assert_eq!(root(&tree).text("/folder"), Err(Reason::Unreadable("/folder".to_owned())));
    assert_eq!(root(&tree).text("/broken").unwrap(), "a\u{fffd}b");
    // A socket, like a pipe, is not opened.
    let _listener = std::os::unix::net::UnixListener::bind(tree.path("/socket")).unwrap();
    assert_eq!(root(&tree).text("/socket"), Err(Reason::Unreadable("/socket".to_owned())));
    assert_eq!(root(&tree).value("/none"), Ok(None));
    assert_eq!(root(&tree).names("/none"), Ok(vec![]));
    tree.file("/names/b", "").file("/names/a", "").file("/names/B", "");
    symlink("/nowhere", tree.path("/names/c")).unwrap();
    assert_eq!(root(&tree).names("/names").unwrap(), ["B", "a", "b", "c"]);
}
