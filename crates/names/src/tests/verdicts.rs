use crate::{Verdict, VerdictOf, Verdicts, encode_verdicts};

#[test]
fn verdicts_are_found_by_every_name() {
    let of = |name: &str, verdict, code: &str| VerdictOf {
        names: vec![name.to_owned(), format!("{name}@contoso.com")],
        verdict,
        code: code.to_owned(),
        told_at: 0x1_2345_6789,
    };
    let all = [
        of("alex", Verdict::Allowed, ""),
        of("adele", Verdict::Denied, "AADSTS50057"),
        of("sam", Verdict::Forgotten, ""),
    ];
    let file = encode_verdicts(&all);
    let verdicts = Verdicts::open(&file[..]).unwrap();
    for verdict in &all {
        for name in &verdict.names {
            assert_eq!(verdicts.of(&name.to_uppercase()).unwrap().as_ref(), Some(verdict));
        }
    }
    assert_eq!(verdicts.of("kim").unwrap(), None);
    assert_eq!(Verdicts::open(&encode_verdicts(&[])[..]).unwrap().of("alex").unwrap(), None);
}

#[test]
fn a_file_of_names_is_none_of_verdicts() {
    let names = crate::encode(&crate::Snapshot::default()).unwrap();
    assert!(Verdicts::open(&names[..]).is_err());
}
