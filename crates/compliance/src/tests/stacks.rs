//! Which lines of a stack enforce (compliance.md 5.3).

use super::passwords::{line, quality, stack, unix, writer};
use super::*;
use crate::{Doubt, Explanation, PasswordProof};
use facts::{Action, Answer, Control, Module, PasswordStack, StackLine, UnixOptions};
use std::collections::BTreeMap;

/// `[success=S … default=D]`.
fn list<const N: usize>(of: [(Answer, Action); N], default: Action) -> Control {
    Control { of: BTreeMap::from(of), default }
}

fn by_success(success: Action, default: Action) -> Control {
    list([(Answer::Success, success)], default)
}

/// pam_pwquality that wants 12 characters.
fn twelve() -> Module {
    quality(|it| it.minlen.value = 12)
}

fn missing(line: StackLine) -> StackLine {
    StackLine { is_present: false, ..line }
}

/// A line so many substacks deep.
fn deep(level: usize, control: Control, module: Module) -> StackLine {
    StackLine { level, ..line(control, module) }
}

/// `12` where the line of pwquality counts, `0` where it does not, nothing where it is doubtful.
fn enforced(lines: Vec<StackLine>) -> String {
    one(LENGTH, "99", &stack(lines)).actual
}

fn doubt(lines: Vec<StackLine>) -> Doubt {
    match one(LENGTH, "99", &stack(lines)).explanation {
        Explanation::Password(PasswordProof::Doubtful(doubt)) => doubt,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_control_decides_whether_a_refusal_counts() {
    use Action::*;
    let writes = || line(Control::required(), unix());
    for (what, control, expected) in [
        ("required", Control::required(), "12"),
        ("requisite", Control::requisite(), "12"),
        ("optional", Control::optional(), "0"),
        ("sufficient", Control::sufficient(), "0"),
        ("default=die", by_success(Ok, Die), "12"),
        ("default=bad", by_success(Ok, Bad), "12"),
        (
            "authtok_err=die alone, a refusal after three tries is forgiven",
            list([(Answer::AuthtokErr, Die)], Ignore),
            "",
        ),
        ("both refusals die", list([(Answer::AuthtokErr, Die), (Answer::Maxtries, Bad)], Ignore), "12"),
        ("a jump over the one that writes is an error and fails", by_success(Ok, Jump(2)), "12"),
        ("a jump to the end", by_success(Ok, Jump(1)), ""),
        ("default=ignore", by_success(Done, Ignore), ""),
        ("default=ok", by_success(Ok, Ok), ""),
        ("default=done", by_success(Ok, Done), ""),
        ("default=reset", by_success(Ok, Reset), ""),
    ] {
        assert_eq!(enforced(vec![line(control, twelve()), writes()]), expected, "{what}");
    }
}

#[test]
fn a_number_that_only_skips_towards_a_failure_counts() {
    use Action::*;
    let deny = || line(Control::requisite(), Module::Deny);
    let writes = || line(Control::required(), unix());
    let skips = |over| line(by_success(Ok, Jump(over)), twelve());
    assert_eq!(enforced(vec![skips(1), writes(), deny()]), "12");
    assert_eq!(enforced(vec![skips(1), writes(), line(Control::optional(), Module::Deny)]), "");
    assert_eq!(enforced(vec![skips(1), deny(), writes()]), "");
    // As Debian has pam_unix, whose refusal is ignored and meets pam_deny.
    let debian = |minlen| {
        vec![
            line(by_success(Jump(1), Ignore), Module::Unix(writer(Some(minlen)))),
            line(Control::requisite(), Module::Deny),
            line(Control::required(), Module::ProvesNothing),
        ]
    };
    assert_eq!(enforced(debian(14)), "14");
    // As Fedora has it, with local accounts told apart before sssd.
    let fedora = |after: Module| {
        vec![
            line(Control::requisite(), twelve()),
            line(Control::sufficient(), Module::Unix(writer(Some(14)))),
            line(by_success(Jump(1), Ignore), Module::ProvesNothing),
            line(Control::sufficient(), after),
            line(Control::required(), Module::Deny),
        ]
    };
    assert_eq!(enforced(fedora(Module::OwnAccounts)), "14");
    assert_eq!(enforced(fedora(Module::ProvesNothing)), "12");
}

#[test]
fn a_line_above_that_may_pass_by_makes_it_doubtful() {
    use Action::*;
    let behind = |first: StackLine| {
        vec![first, line(Control::requisite(), twelve()), line(Control::required(), unix())]
    };
    for (what, control, expected) in [
        ("required", Control::required(), "12"),
        ("optional", Control::optional(), "12"),
        ("sufficient", Control::sufficient(), ""),
        ("success=done", by_success(Done, Ignore), ""),
        ("success=1", by_success(Jump(1), Ignore), ""),
        ("success=2", by_success(Jump(2), Ignore), ""),
        ("a failure jumps", by_success(Ok, Jump(1)), ""),
        ("reset", by_success(Ok, Reset), "12"),
        ("a jump out of the stack is an error", by_success(Jump(9), Ignore), "12"),
    ] {
        assert_eq!(enforced(behind(line(control.clone(), Module::ProvesNothing))), expected, "{what}");
        assert_eq!(enforced(behind(line(control, Module::OwnAccounts))), "12", "{what}, accounts of its own");
    }
    let lands_before = vec![
        line(by_success(Jump(1), Ignore), Module::ProvesNothing),
        line(Control::optional(), Module::ProvesNothing),
        line(Control::requisite(), twelve()),
    ];
    assert_eq!(enforced(lands_before), "12");
    let place = |facts: Doubt| matches!(facts, Doubt::MayPassBy(place) if place.line == 1);
    assert!(place(doubt(behind(line(Control::sufficient(), Module::ProvesNothing)))));
}

#[test]
fn a_password_that_is_written_before_it_is_looked_at_is_not_refused() {
    let lines = vec![line(Control::required(), unix()), line(Control::required(), twelve())];
    assert!(matches!(doubt(lines), Doubt::WritesBefore(place) if place.line == 1));
}

#[test]
fn a_line_that_asks_again_writes_what_nobody_looked_at() {
    use Action::*;
    let asks = || line(Control::required(), Module::Unix(UnixOptions::default()));
    let deny = || line(Control::requisite(), Module::Deny);
    for (what, control, expected) in [
        ("requisite ends the stack first", Control::requisite(), "12"),
        ("required goes on", Control::required(), ""),
        ("default=bad goes on", by_success(Ok, Bad), ""),
        ("default=die ends it", by_success(Ok, Die), "12"),
        ("a jump over it", by_success(Ok, Jump(1)), "12"),
        ("one refusal goes on", list([(Answer::AuthtokErr, Bad)], Die), ""),
    ] {
        assert_eq!(enforced(vec![line(control, twelve()), asks(), deny()]), expected, "{what}");
    }
    let lines = vec![line(Control::required(), twelve()), asks()];
    assert!(matches!(doubt(lines), Doubt::AsksAgain(place) if place.line == 2));
    assert_eq!(
        enforced(vec![
            line(Control::required(), twelve()),
            missing(line(Control::optional(), Module::Unix(UnixOptions::default())))
        ]),
        "12"
    );
    // The end of a substack is not the end of the stack.
    let substack = |control| {
        vec![
            line(Control::required(), Module::Substack),
            deep(1, control, twelve()),
            deep(1, Control::required(), unix()),
            asks(),
        ]
    };
    assert_eq!(enforced(substack(Control::requisite())), "");
}

#[test]
fn a_later_line_that_forgets_failures_makes_it_doubtful() {
    let reset = by_success(Action::Reset, Action::Ignore);
    let lines = |control| vec![line(Control::required(), twelve()), line(control, Module::ProvesNothing)];
    assert_eq!(enforced(lines(reset.clone())), "");
    assert_eq!(enforced(lines(Control::required())), "12");
    let jumps =
        vec![line(by_success(Action::Ok, Action::Jump(9)), twelve()), line(reset, Module::ProvesNothing)];
    assert_eq!(enforced(jumps), "");
}

#[test]
fn a_module_that_is_not_on_the_machine_refuses_everything_unless_it_is_forgiven() {
    use Action::*;
    let good = || line(Control::requisite(), twelve());
    for (what, control, expected) in [
        ("required", Control::required(), ""),
        ("requisite", Control::requisite(), ""),
        ("default=die", by_success(Ok, Die), ""),
        ("module_unknown=bad", list([(Answer::ModuleUnknown, Bad)], Ignore), ""),
        ("optional", Control::optional(), "12"),
        ("sufficient", Control::sufficient(), "12"),
        ("default=ignore", by_success(Done, Ignore), "12"),
        ("module_unknown=ignore", list([(Answer::ModuleUnknown, Ignore)], Die), "12"),
        ("success=done is never reached", by_success(Done, Ignore), "12"),
        ("it jumps where it is missing", list([(Answer::ModuleUnknown, Jump(1))], Ignore), ""),
    ] {
        for module in [Module::Other, Module::ProvesNothing, unix()] {
            let lines = vec![missing(line(control.clone(), module)), good()];
            assert_eq!(enforced(lines), expected, "{what}");
        }
    }
    let lines = vec![good(), missing(line(Control::required(), twelve()))];
    assert!(matches!(doubt(lines), Doubt::ModuleMissing(place) if place.line == 2));
    // Forgiven, it proves nothing.
    assert_eq!(enforced(vec![missing(line(Control::optional(), twelve()))]), "0");
}

#[test]
fn an_unknown_module_that_may_refuse_hides_what_more_there_is() {
    let with = |control| vec![line(Control::requisite(), twelve()), line(control, Module::Other)];
    assert_eq!(one(LENGTH, "12", &stack(with(Control::required()))).state.as_str(), "Compliant");
    assert!(matches!(doubt(with(Control::required())), Doubt::MayBeStricter(place) if place.line == 2));
    assert_eq!(enforced(with(Control::optional())), "12");
    assert_eq!(enforced(with(Control::sufficient())), "12");
}

#[test]
fn a_substack_counts_as_one_line_and_ends_alone() {
    use Action::*;
    let substack = || line(Control::required(), Module::Substack);
    let writes = || line(Control::required(), unix());
    // What ends inside the substack goes on behind it.
    let ends_inside = vec![
        substack(),
        deep(1, Control::sufficient(), Module::ProvesNothing),
        deep(1, Control::required(), Module::Deny),
        line(Control::requisite(), twelve()),
        writes(),
    ];
    assert_eq!(enforced(ends_inside), "12");
    let passed_inside = vec![
        substack(),
        deep(1, Control::sufficient(), Module::ProvesNothing),
        deep(1, Control::requisite(), twelve()),
        writes(),
    ];
    assert_eq!(enforced(passed_inside), "");
    // A jump of one goes over the whole substack.
    let jumped = |over| {
        vec![
            line(by_success(Jump(over), Ignore), Module::ProvesNothing),
            substack(),
            deep(1, Control::optional(), Module::ProvesNothing),
            deep(1, Control::optional(), Module::ProvesNothing),
            line(Control::requisite(), twelve()),
            writes(),
        ]
    };
    assert_eq!(enforced(jumped(1)), "12");
    assert_eq!(enforced(jumped(2)), "");
    // A jump cannot leave a substack.
    let inside = vec![
        substack(),
        deep(1, by_success(Jump(2), Ignore), Module::ProvesNothing),
        deep(1, Control::optional(), Module::ProvesNothing),
        line(Control::requisite(), twelve()),
        writes(),
    ];
    assert_eq!(enforced(inside), "12");
    // As Fedora has it: all of it in a substack that ends with pam_deny.
    let fedora = vec![
        substack(),
        deep(1, Control::requisite(), twelve()),
        deep(1, Control::sufficient(), Module::Unix(writer(Some(14)))),
        deep(1, Control::required(), Module::Deny),
        line(Control::optional(), Module::OwnAccounts),
    ];
    assert_eq!(enforced(fedora), "14");
    assert_eq!(enforced(PasswordStack::default().lines), "0");
}
