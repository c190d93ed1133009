//! Secrets in memory: each under its name, for its time, of its kind.

use crate::{Held, Primary, Tokens, Vault};
use model::{Account, Guid, Id, Secret, Timestamp, TokenRef, Trace};
use oauth::TokenSet;
use prt::SessionKey;
use signin::Scope;
use std::sync::Arc;
use std::time::Duration;

const MILLI: Duration = Duration::from_millis(1);

const HOUR: Duration = Duration::from_secs(3600);
const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

/// The id of which every byte is `n`.
fn id<K>(n: u8) -> Id<K> {
    Id::new(Guid::from_bytes([n; 16]))
}

fn owner() -> Account {
    Account { tenant: id(1), object: id(2), upn: "alex@contoso.com".parse().unwrap() }
}

fn tokens() -> Tokens {
    let set = TokenSet {
        access_token: secret("at"),
        refresh_token: Some(secret("rt")),
        id_token: None,
        client_info: None,
        expires_in: HOUR,
    };
    let (trace, object, primary) = (Trace::default(), None, None);
    Tokens { set: Arc::new(set), for_registration: false, server_time: NOW, trace, object, primary }
}

fn primary() -> Arc<Primary> {
    let key = Arc::new(SessionKey::from_bytes(&Secret::new(vec![7; 32])).unwrap());
    let (token, expires, handed_on) = (secret("prt"), NOW.after(24 * HOUR), Default::default());
    Arc::new(Primary { token, key, object: owner().object, expires, handed_on })
}

/// Tokens for an hour, for registration or not.
fn kept(vault: &Vault, for_registration: bool) -> TokenRef {
    vault.keep(Held::Tokens(Arc::new(Tokens { for_registration, ..tokens() })), NOW.after(HOUR))
}

fn held(vault: &Vault, expires: Timestamp) -> [TokenRef; 3] {
    [
        vault.keep(Held::Code(Arc::new(secret("code")), Scope::Portal), expires),
        vault.keep(Held::Password(Arc::new(secret("hunter2"))), expires),
        vault.keep(Held::Tokens(Arc::new(tokens())), expires),
    ]
}

/// Which of the three kinds a name gives.
fn gives(vault: &Vault, name: TokenRef, now: Timestamp) -> [bool; 3] {
    [vault.code(name, now).is_some(), vault.password(name, now).is_some(), vault.tokens(name, now).is_some()]
}

#[test]
fn a_name_gives_what_it_was_made_for_and_nothing_else() {
    let vault = Vault::default();
    let [code, password, token] = held(&vault, NOW.after(HOUR));
    assert_eq!(gives(&vault, code, NOW), [true, false, false]);
    assert_eq!(gives(&vault, password, NOW), [false, true, false]);
    assert_eq!(gives(&vault, token, NOW), [false, false, true]);
    assert_eq!(gives(&vault, TokenRef(99), NOW), [false; 3]);
    let (secret, scope) = vault.code(code, NOW).unwrap();
    assert_eq!((secret.expose().as_str(), scope), ("code", Scope::Portal));
    assert_eq!(vault.names(NOW), [code, password, token], "no name is given twice");
}

#[test]
fn whatever_is_past_its_time_is_gone() {
    for (wait, there) in [(HOUR - MILLI, true), (HOUR, false), (2 * HOUR, false)] {
        let vault = Vault::default();
        let names = held(&vault, NOW.after(HOUR));
        let now = NOW.after(wait);
        for (place, name) in names.into_iter().enumerate() {
            assert_eq!(gives(&vault, name, now)[place], there, "{wait:?}");
            // A clock that is set back brings nothing back.
            assert_eq!(gives(&vault, name, NOW)[place], there, "{wait:?}");
        }
        assert_eq!(vault.names(now).len(), if there { 3 } else { 0 });
    }
}

#[test]
fn a_password_lives_for_five_minutes() {
    let vault = Vault::default();
    let name = vault.keep_password(secret("hunter2"), NOW);
    assert!(vault.password(name, NOW.after(Duration::from_secs(300) - MILLI)).is_some());
    assert!(vault.password(name, NOW.after(Duration::from_secs(300))).is_none());
}

#[test]
fn what_is_forgotten_is_gone_at_once_and_so_is_the_session_that_it_was() {
    let vault = Vault::default();
    let [code, password, token] = held(&vault, NOW.after(HOUR));
    vault.seat(&owner(), token);
    vault.forget(code);
    assert_eq!(vault.names(NOW), [password, token]);
    assert_eq!(vault.any_session(id(1)), Some(token), "another secret's end is not the session's");
    vault.forget(token);
    assert_eq!((vault.session(&owner(), NOW).is_some(), vault.any_session(id(1))), (false, None));
    vault.forget(token);
    assert_eq!(vault.names(NOW), [password]);
}

#[test]
fn a_session_is_one_person_s_in_one_tenant() {
    let vault = Vault::default();
    let [_, _, token] = held(&vault, NOW.after(HOUR));
    vault.seat(&owner(), token);
    for (what, account, found) in [
        ("the person", owner(), true),
        ("under another name", Account { upn: "a@contoso.com".parse().unwrap(), ..owner() }, true),
        ("somebody else", Account { object: id(8), ..owner() }, false),
        ("the same object in another tenant", Account { tenant: id(8), ..owner() }, false),
    ] {
        let session = vault.session(&account, NOW).map(|(name, _)| name);
        assert_eq!(session, found.then_some(token), "{what}");
    }
    assert_eq!((vault.any_session(id(1)), vault.any_session(id(8))), (Some(token), None));
    assert!(vault.session(&owner(), NOW.after(HOUR)).is_none(), "its tokens are over");
}

#[test]
fn a_new_sign_in_takes_the_seat_of_the_one_before() {
    let vault = Vault::default();
    let (old, new) = (kept(&vault, false), kept(&vault, true));
    vault.seat(&owner(), old);
    vault.seat(&owner(), new);
    vault.forget(old);
    assert_eq!(vault.session(&owner(), NOW).map(|(name, _)| name), Some(new));
}

#[test]
fn tokens_are_changed_as_a_whole_and_live_as_long_as_their_prt() {
    let vault = Vault::default();
    let name = kept(&vault, false);
    let before = vault.tokens(name, NOW).unwrap();
    let changed = vault.change(name, |tokens| tokens.for_registration = true).unwrap();
    assert!(changed.for_registration && !before.for_registration, "whoever holds them keeps what they had");
    assert!(vault.tokens(name, NOW.after(HOUR)).is_none(), "no PRT, no longer life");

    let name = kept(&vault, false);
    let hold = |tokens: &mut Tokens| tokens.primary = Some(primary());
    vault.change(name, hold).unwrap();
    assert!(vault.tokens(name, NOW.after(24 * HOUR - MILLI)).is_some());
    assert!(vault.tokens(name, NOW.after(24 * HOUR)).is_none());
}

#[test]
fn what_is_no_longer_wanted_is_not_changed() {
    let vault = Vault::default();
    let name = kept(&vault, false);
    vault.forget(name);
    assert!(vault.change(name, |_| panic!("it is gone")).is_none());
    let password = vault.keep_password(secret("hunter2"), NOW);
    assert!(vault.change(password, |_| panic!("it is no token set")).is_none());
}
