use super::Refusal;
use crate::Cause::{
    self, AccessRule, AccountDisabled, BrowserStep, CodeExpired, DeviceCodeBlocked, DeviceRule, GrantEnded,
    NoSuchAccount, Nonce, Password, PasswordExpired, Scope, SecondFactor,
};
use crate::DeviceTrouble::{self, Deleted, Disabled, NotKnown};
use crate::FailureClass::{self, Broken, Denied, Gone, NeedsUser, Transient};
use crate::Who::{self, Developers, MachineAdmin, Nobody, TenantAdmin, User};

/// entra.md 6.4 and 6.5 by line; texts are ours.
#[rustfmt::skip]
pub(super) const TABLE: &[Refusal] = &[
    // the sign-in itself
    line("70019", NeedsUser, User, "the code expired before it was used", BLOCKED_CODE).because(CodeExpired),
    line("70020", NeedsUser, User, "the code expired before it was used", BLOCKED_CODE).because(CodeExpired),
    line("expired_token", NeedsUser, User, "the code expired before it was used", BLOCKED_CODE).because(CodeExpired),
    line("code_expired", NeedsUser, User, "the code expired before it was used", BLOCKED_CODE).because(CodeExpired),
    line("70018", NeedsUser, User, "the code was not accepted", "Sign in again."),
    line("bad_verification_code", NeedsUser, User, "the code was not accepted", "Sign in again."),
    line("authorization_declined", NeedsUser, User, "the sign-in was declined", "Sign in again, and approve it if you started it yourself."),
    line("authorization_pending", NeedsUser, User, "the sign-in is not approved yet", "Sign in again, and approve it if you started it yourself."),
    line("50126", NeedsUser, User, "the user name or password is wrong", "Sign in again with the right password.").because(Password),
    line("50053", Denied, TenantAdmin, "the account is locked after too many attempts", "Wait some minutes before you sign in again, or ask an administrator to unlock the account.").because(Password),
    line("50034", NeedsUser, User, "the account is not in this organisation", "Check the name and its domain, then sign in again.").because(NoSuchAccount),
    line("51004", NeedsUser, User, "the account is not in this organisation", "Check the name and its domain, then sign in again.").because(NoSuchAccount),
    line("50020", NeedsUser, User, "the account belongs to another organisation", "Sign in with an account of this organisation."),
    line("90072", NeedsUser, User, "the account belongs to another organisation", "Sign in with an account of this organisation."),
    line("500208", NeedsUser, User, "the account cannot sign in to this organisation", "Sign in with an account of this organisation."),
    line("16000", NeedsUser, User, "the account was not found among those signed in", "Sign in with an account of this organisation."),
    line("50055", NeedsUser, User, "the password has expired", "Change the password in a browser, then sign in again.").because(PasswordExpired),
    line("50144", NeedsUser, User, "the password has expired", "Change the password in a browser, then sign in again.").because(PasswordExpired),
    line("50056", NeedsUser, User, "the account has no valid password", "Set a password in a browser, then sign in again.").because(PasswordExpired),
    line("50057", Denied, TenantAdmin, "the account is disabled", "Ask an administrator to enable the account.").because(AccountDisabled),
    line("50072", NeedsUser, User, "multi-factor authentication is not set up yet", SET_UP_MFA).because(BrowserStep),
    line("50079", NeedsUser, User, "multi-factor authentication is not set up yet", SET_UP_MFA).because(BrowserStep),
    line("50203", NeedsUser, User, "security information is not registered yet", "Register it in a browser at https://aka.ms/mfasetup, then sign in again."),
    line("50125", NeedsUser, User, "the sign-in was interrupted to register or reset something", "Sign in once in a browser and finish what it asks for, then sign in again."),
    line("50074", NeedsUser, User, "multi-factor authentication is needed", "Sign in again with a second factor.").because(SecondFactor),
    line("50076", NeedsUser, User, "multi-factor authentication is needed", "Sign in again with a second factor.").because(SecondFactor),
    line("50078", NeedsUser, User, "the multi-factor authentication is too old", "Sign in again with a second factor.").because(SecondFactor),
    line("500121", NeedsUser, User, "the multi-factor authentication did not succeed", "Sign in again with a second factor.").because(SecondFactor),
    line("50158", NeedsUser, User, "something has to be finished in a browser first (terms of use, or a third-party factor)", "Sign in in a browser and accept it, then sign in again.").because(BrowserStep),
    line("16003", NeedsUser, User, "the account has not been added to this organisation", "Sign in with an account of this organisation."),
    line("interaction_required", NeedsUser, User, "the service wants more than it was given", LOOK_IN_BROWSER),
    line("login_required", NeedsUser, User, "the service wants a new sign-in", "Sign in again."),
    line("account_selection_required", NeedsUser, User, "the service wants an account to be chosen", LOOK_IN_BROWSER),
    line("basic_action", NeedsUser, User, "the service wants something to be done in a browser first", LOOK_IN_BROWSER),
    line("additional_action", NeedsUser, User, "the service wants something to be done in a browser first", LOOK_IN_BROWSER),
    line("message_only", NeedsUser, User, "the service wants something to be done in a browser first", LOOK_IN_BROWSER),
    line("user_password_expired", NeedsUser, User, "the password has expired", "Change the password in a browser, then sign in again.").because(PasswordExpired),
    // rules of the organisation
    line("access_denied", Denied, TenantAdmin, "the sign-in was declined, or a rule of the organisation denies it", "Sign in again, and approve it if you started it yourself; if it stays, give an administrator the ids and the time below for the sign-in log search."),
    line("53010", Denied, TenantAdmin, "the organisation does not allow this where the sign-in page was opened", "Open the sign-in page where the organisation allows it (its network, or a device of its own), or give an administrator the ids and the time below for the sign-in log search."),
    line("consent_required", Denied, TenantAdmin, CONSENT_MISSING, ASK_FOR_CONSENT),
    line("90093", Denied, TenantAdmin, CONSENT_MISSING, ASK_FOR_CONSENT),
    line("90094", Denied, TenantAdmin, CONSENT_MISSING, ASK_FOR_CONSENT),
    line("90095", Denied, TenantAdmin, CONSENT_MISSING, ASK_FOR_CONSENT),
    line("650057", Denied, TenantAdmin, APPLICATION_BLOCKED, ALLOW_BROKER),
    line("700016", Denied, TenantAdmin, APPLICATION_BLOCKED, ALLOW_BROKER),
    line("invalid_client", Denied, TenantAdmin, APPLICATION_BLOCKED, ALLOW_BROKER),
    line("unauthorized_client", Denied, TenantAdmin, APPLICATION_BLOCKED, ALLOW_BROKER),
    line("50131", Denied, TenantAdmin, "a Conditional Access rule for risk or sessions blocks this sign-in", "Ask an administrator to look the request id up in the sign-in log."),
    line("50105", Denied, TenantAdmin, "the account is not assigned to the application", "Ask an administrator to assign the account."),
    line("53011", Denied, TenantAdmin, "the account is blocked because of risk", "Ask an administrator to review the risk of the account."),
    line("530034", Denied, TenantAdmin, "a delegated administrator is blocked because of risk", "Ask an administrator to review the risk of the account."),
    demands_device("53000", TenantAdmin, "a rule demands a compliant device", EXCLUDE_ALL).because(DeviceRule),
    demands_device("53001", TenantAdmin, "a rule demands a joined device", EXCLUDE_ALL).because(DeviceRule),
    demands_device("530003", TenantAdmin, "a rule demands a managed device", EXCLUDE_ALL).because(DeviceRule),
    demands_device("50097", TenantAdmin, "a rule demands that the device prove itself", EXCLUDE_REGISTRATION),
    demands_device("50129", TenantAdmin, "a rule demands a registered device", EXCLUDE_REGISTRATION),
    line("50187", Broken, Developers, "the service missed the information on the device", "Please report it with the ids below."),
    line("53003", Denied, TenantAdmin, "a Conditional Access rule blocks this sign-in", "Give an administrator the ids and the time below for the sign-in log search: application 29d9ed98-a469-4536-ade2-f981bc1d605e, resource 01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9.").because(AccessRule),
    line("530032", Denied, TenantAdmin, "security defaults or a policy of the organisation block this sign-in", SIGN_IN_LOG),
    line("530035", Denied, TenantAdmin, "security defaults of the organisation block this sign-in", SIGN_IN_LOG),
    line("530036", NeedsUser, TenantAdmin, "tokens from device-code sign-in are blocked for this resource", "Ask an administrator to exclude Device Registration Service (01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9) from the rule, or sign in another way.").because(DeviceCodeBlocked),
    line("530084", Denied, TenantAdmin, "a token protection rule applies, which no Linux device can meet", "Ask an administrator to limit the token protection rule to Windows."),
    line("240001", Denied, TenantAdmin, "the account may not register devices", "Ask an administrator to let the account register devices."),
    // grants that are over
    line("50173", NeedsUser, User, "the sign-in was revoked", "Sign in again.").because(GrantEnded),
    line("70008", NeedsUser, User, "the sign-in has expired", "Sign in again.").because(GrantEnded),
    line("700082", NeedsUser, User, "the sign-in has expired because it was not used", "Sign in again.").because(GrantEnded),
    line("700084", NeedsUser, User, "the sign-in has expired", "Sign in again.").because(GrantEnded),
    line("70043", NeedsUser, User, "the sign-in is too old for the rules of the organisation", "Sign in again.").because(GrantEnded),
    line("50089", NeedsUser, User, "the sign-in has expired", "Sign in again.").because(GrantEnded),
    line("50132", NeedsUser, User, "the sign-in is no longer valid, perhaps after a change of password", "Sign in again.").because(GrantEnded),
    line("50133", NeedsUser, User, "the sign-in is no longer valid, perhaps after a change of password", "Sign in again.").because(GrantEnded),
    line("54005", NeedsUser, User, "the code was used before", "Sign in again."),
    line("invalid_grant", NeedsUser, User, "the service does not accept the sign-in, or not any more", "Sign in again.").because(GrantEnded),
    line("bad_token", NeedsUser, User, "the service does not accept the sign-in, or not any more", "Sign in again.").because(GrantEnded),
    line("token_expired", NeedsUser, User, "the sign-in has expired", "Sign in again.").because(GrantEnded),
    // what we asked for
    line("invalid_request", Broken, TenantAdmin, "the service does not take the request", SIGN_IN_LOG),
    line("unsupported_grant_type", Broken, TenantAdmin, "the service does not take this kind of sign-in", SIGN_IN_LOG),
    line("unsupported_response_type", Broken, TenantAdmin, "the service does not take this kind of sign-in", SIGN_IN_LOG),
    line("50011", Broken, Developers, "the redirect address is not registered for the client", "Please report it with the ids below."),
    line("65001", Broken, TenantAdmin, "consent is missing for what was asked", "Ask an administrator whether the Microsoft Authentication Broker is blocked; else report it with the ids below.").because(Scope),
    line("65002", Broken, Developers, "the client is not pre-authorised for the resource", "Please report it with the ids below.").because(Scope),
    line("500011", Broken, Developers, "the resource is not known in this organisation", "Please report it with the ids below.").because(Scope),
    line("70011", Broken, Developers, "the scope is not valid", "Please report it with the ids below.").because(Scope),
    line("7000218", Broken, Developers, "the service wants a client secret", "Please report it with the ids below."),
    line("invalid_scope", Broken, TenantAdmin, "the service does not give what was asked for", SIGN_IN_LOG).because(Scope),
    line("invalid_resource", Broken, TenantAdmin, "the service does not give what was asked for", SIGN_IN_LOG).because(Scope),
    line("invalid_target", Broken, TenantAdmin, "the service does not give what was asked for", SIGN_IN_LOG).because(Scope),
    line("70002", Broken, TenantAdmin, "the service could not validate the credentials", SIGN_IN_LOG),
    // the wrong place
    line("90002", Denied, MachineAdmin, "the service knows no such tenant", "Check the option domain in himmelblau.conf."),
    line("50059", Denied, MachineAdmin, "the service found no tenant in the request", "Check the option domain in himmelblau.conf."),
    line("900023", Denied, MachineAdmin, "the tenant name is not valid", "Check the option domain in himmelblau.conf."),
    line("invalid_tenant", Denied, MachineAdmin, "the service knows no such tenant", "Check the option domain in himmelblau.conf."),
    line("90038", Denied, MachineAdmin, "the tenant lives in another cloud", "Set the option cloud in himmelblau.conf."),
    line("50049", Denied, MachineAdmin, WRONG_INSTANCE, CHECK_CLOUD),
    line("invalid_instance", Denied, MachineAdmin, WRONG_INSTANCE, CHECK_CLOUD),
    // passing faults
    line("90055", Transient, Nobody, "the service is busy", LATER),
    line("slow_down", Transient, Nobody, "the service is busy", LATER),
    line("90006", Transient, Nobody, "the service has a passing fault", LATER),
    line("90033", Transient, Nobody, "the service has a passing fault", LATER),
    line("temporarily_unavailable", Transient, Nobody, "the service has a passing fault", LATER),
    line("server_error", Transient, Nobody, "the service has a passing fault", LATER),
    line("ServiceBusy", Transient, Nobody, "the service does not work at the moment", LATER),
    // the device
    line("50155", NeedsUser, TenantAdmin, "the directory does not know this device", "Right after a registration this passes by itself; else the device was deleted: run aad-tool status.").device(NotKnown),
    line("135011", Denied, TenantAdmin, "the device is disabled in the directory", ENABLE_DEVICE).device(Disabled),
    line("700003", Denied, TenantAdmin, "the device was deleted from the directory", "Ask an administrator whether the machine may register anew: aad-tool leave --force, then sign in.").device(Deleted),
    line("130006", Broken, TenantAdmin, "the transport key is missing on the device object", "Please report it with the ids below."),
    line("130007", Denied, TenantAdmin, "the device is disabled in the directory", ENABLE_DEVICE),
    line("130008", NeedsUser, TenantAdmin, "the device was not found in the directory", "Sign in again later; if it stays, ask an administrator whether the device was deleted."),
    line("130004", Broken, User, "the key for passwordless sign-in is not known", "Set passwordless sign-in up again."),
    line("130005", Broken, User, "the signature of the passwordless sign-in is wrong", "Set passwordless sign-in up again."),
    line("135010", Broken, Developers, "a key was not found in the directory", "Please report it with the ids below."),
    line("140000", Transient, Nobody, "the nonce of the request was missing or too old", LATER).because(Nonce),
    line("140001", NeedsUser, User, "the session key is not valid any more", "Sign in again."),
    // the Device Registration Service (entra.md 5.7)
    line("error_directory_quota_exceeded", Denied, TenantAdmin, "the limit of devices for this account is reached (default 50, counted over joined and registered)", "Remove old devices at https://myaccount.microsoft.com/device-list, or ask an administrator to raise the limit."),
    line("error_authorization_request_denied", Denied, TenantAdmin, "this account may not join devices, or the organisation does not allow it", "Ask an administrator to allow it, or set join_type = register in himmelblau.conf."),
    line("error_missing_device", Gone, Nobody, "the device object is not there", "Nothing needs to be done."),
    line("error_fail", Denied, TenantAdmin, "the organisation has switched this off, or the request was not accepted", "Ask an administrator whether device registration is allowed."),
    line("error_hostname_duplicate", Denied, MachineAdmin, "another device object owns the name of this machine", "Set device_name in himmelblau.conf, or ask an administrator to delete the other object."),
    line("error_user_not_registered_device_owner", Denied, TenantAdmin, "the account is not the owner of the device", "Sign in as the owner, or ask an administrator."),
    line("authorization_error", Denied, TenantAdmin, MAY_NOT_REGISTER, ASK_FOR_REGISTRATION),
    line("AuthorizationError", Denied, TenantAdmin, MAY_NOT_REGISTER, ASK_FOR_REGISTRATION),
    // inferred: how the service words this refusal is not known (entra.md 11.2, I4)
    line("error_mfa_required", NeedsUser, User, "the organisation registers devices only with a second factor", "Sign in again with a second factor; if it stays, ask an administrator about the device setting 'Require multifactor authentication to register or join devices'."),
    // ours
    line("NotJson", Transient, MachineAdmin, "the answer is not from the service", "Check what answers in the service's place: a proxy or a captive portal."),
    line("UnusableReply", Broken, Nobody, "the service sent an answer that cannot be used", "Nothing was changed. Try again later; if it stays, give an administrator the ids and the time below."),
];

/// An error object of the token service that says nothing we know.
pub(super) const UNKNOWN: Refusal =
    line("", Broken, TenantAdmin, "the sign-in service refused for a reason of its own", SIGN_IN_LOG);

const fn line(
    code: &'static str,
    class: FailureClass,
    who: Who,
    meaning: &'static str,
    advice: &'static str,
) -> Refusal {
    Refusal { code, class, after_registration: class, who, trouble: None, cause: None, meaning, advice }
}

/// A rule that no machine can meet before it is registered, and that a person can meet after it.
const fn demands_device(
    code: &'static str,
    who: Who,
    meaning: &'static str,
    advice: &'static str,
) -> Refusal {
    Refusal { after_registration: NeedsUser, ..line(code, Denied, who, meaning, advice) }
}

impl Refusal {
    const fn device(self, trouble: DeviceTrouble) -> Refusal {
        Refusal { trouble: Some(trouble), ..self }
    }

    const fn because(self, cause: Cause) -> Refusal {
        Refusal { cause: Some(cause), ..self }
    }
}

const BLOCKED_CODE: &str = "If your phone showed error 53003 or 'You don't have access to this', your organisation blocks device-code sign-in: ask for an exception for Device Registration Service; else sign in again.";
const LATER: &str = "Try again in a few minutes.";
const LOOK_IN_BROWSER: &str =
    "Sign in again with a code; if it stays, sign in once in a browser and finish what it asks for.";
const CONSENT_MISSING: &str = "the organisation wants an administrator to consent to the application first";
const ASK_FOR_CONSENT: &str = "Ask an administrator to consent to Microsoft Authentication Broker (29d9ed98-a469-4536-ade2-f981bc1d605e) for the organisation.";
const APPLICATION_BLOCKED: &str = "the application is blocked in the organisation, or absent from it";
const ALLOW_BROKER: &str = "Ask an administrator to allow Microsoft Authentication Broker (29d9ed98-a469-4536-ade2-f981bc1d605e) and Microsoft Intune Company Portal for Linux (b743a22d-6705-4147-8670-d92fa515ee2b) in the organisation.";
const WRONG_INSTANCE: &str = "the sign-in host serves no such cloud";
const CHECK_CLOUD: &str = "Check the options cloud and authority_host in himmelblau.conf.";
const SET_UP_MFA: &str = "Set it up in a browser at https://aka.ms/mfasetup, then sign in again.";
const EXCLUDE_ALL: &str = "Ask an administrator to exclude Device Registration Service (01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9), Microsoft Intune (0000000a-0000-0000-c000-000000000000) and Microsoft Intune Enrollment (d4ebce55-015a-49b5-a083-c84d1797ae8c) from the rule: no machine can meet it before it is registered.";
const EXCLUDE_REGISTRATION: &str = "Ask an administrator to exclude Device Registration Service (01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9) from the rule: no machine can meet it before it is registered.";
const SIGN_IN_LOG: &str = "Give an administrator the ids and the time below for the sign-in log search.";
const ENABLE_DEVICE: &str = "Ask an administrator to enable the device; its keys are kept.";
const MAY_NOT_REGISTER: &str = "this account may not register devices";
const ASK_FOR_REGISTRATION: &str = "Ask an administrator to let the account register devices.";
