//! Secrets in memory: each under its name, for its time, of its kind.

use super::harness::{HOUR, Harness, NOW, id, owner, primary, secret, tokens};
use crate::Vault;
use crate::vault::{Held, Tokens};
use model::{Account, Timestamp, TokenRef};
use signin::Scope;
use std::sync::Arc;
use std::time::Duration;

const MILLI: Duration = Duration::from_millis(1);

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
    let harness = Harness::new();
    let (old, new) = (harness.tokens(false), harness.tokens(true));
    harness.vault.seat(&owner(), old);
    harness.vault.seat(&owner(), new);
    harness.vault.forget(old);
    assert_eq!(harness.vault.session(&owner(), NOW).map(|(name, _)| name), Some(new));
}

#[test]
fn tokens_are_changed_as_a_whole_and_live_as_long_as_their_prt() {
    let harness = Harness::new();
    let name = harness.tokens(false);
    let before = harness.vault.tokens(name, NOW).unwrap();
    let changed = harness.vault.change(name, |tokens| tokens.for_registration = true).unwrap();
    assert!(changed.for_registration && !before.for_registration, "whoever holds them keeps what they had");
    assert!(harness.vault.tokens(name, NOW.after(HOUR)).is_none(), "no PRT, no longer life");

    let name = harness.tokens(false);
    let hold = |tokens: &mut Tokens| tokens.primary = Some(primary());
    harness.vault.change(name, hold).unwrap();
    assert!(harness.vault.tokens(name, NOW.after(24 * HOUR - MILLI)).is_some());
    assert!(harness.vault.tokens(name, NOW.after(24 * HOUR)).is_none());
}

#[test]
fn what_is_no_longer_wanted_is_not_changed() {
    let harness = Harness::new();
    let name = harness.tokens(false);
    harness.vault.forget(name);
    assert!(harness.vault.change(name, |_| panic!("it is gone")).is_none());
    let password = harness.vault.keep_password(secret("hunter2"), NOW);
    assert!(harness.vault.change(password, |_| panic!("it is no token set")).is_none());
}
