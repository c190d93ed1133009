use crate::account::account;
use crate::code::Code;
use crate::whose::Whose;
use messages::Language;
use names::{Verdict, VerdictOf, Verdicts, encode_verdicts};

#[test]
fn the_file_of_verdicts_answers_for_everybody_of_ours() {
    let of = |name: &str, verdict| VerdictOf {
        names: vec![name.to_owned()],
        verdict,
        code: "AADSTS50057".to_owned(),
        told_at: 0,
    };
    let file = encode_verdicts(&[
        of("alex@contoso.com", Verdict::Allowed),
        of("adele@contoso.com", Verdict::Denied),
        of("sam@contoso.com", Verdict::Forgotten),
    ]);
    let verdicts = Verdicts::open(&file[..]).unwrap();
    for (name, code, says) in [
        ("Alex@contoso.com", Code::Success, None),
        ("adele@contoso.com", Code::PermissionDenied, Some("AADSTS50057")),
        ("sam@contoso.com", Code::PermissionDenied, Some("removed")),
        ("kim@contoso.com", Code::PermissionDenied, Some("yet")),
    ] {
        for whose in [Whose::Ours, Whose::PerhapsOurs] {
            let (answered, text) = account(name, whose, Some(&verdicts), Language::English);
            assert_eq!(answered, code, "{name}");
            assert_eq!(text.is_some(), says.is_some(), "{name}");
            assert!(says.is_none_or(|says| text.unwrap().contains(says)), "{name}");
        }
        assert_eq!(
            account(name, Whose::Others, Some(&verdicts), Language::English),
            (Code::Ignore, None),
            "{name}"
        );
    }
    assert_eq!(
        account::<&[u8]>("alex@contoso.com", Whose::Ours, None, Language::English).0,
        Code::Unavailable
    );
    let told = account::<&[u8]>("alex@contoso.com", Whose::Ours, None, Language::German).1.unwrap();
    assert!(told.starts_with("Entra-ID-Konten"), "{told}");
}
