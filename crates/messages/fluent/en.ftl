# What people are told at a sign-in, in English. In ASCII alone: ssh shows it whatever the terminal can.
# The other files have every message of this one, and besides what English has from where it is made (refusal-, said-,
# waits-, who-). The same fields stand in each. What somebody reads at a log-in is at most 511 bytes with all around it.

## The PAM module

login-password = Entra ID password:
login-open = Open { $url } and enter the code { $code }.
login-time = { $minutes ->
    [one] You have one minute for it.
   *[other] You have { $minutes } minutes for it.
}
login-time-ssh = { $minutes ->
    [one] You have one minute for it; ssh may close the connection sooner.
   *[other] You have { $minutes } minutes for it; ssh may close the connection sooner.
}
login-when-done = Press Enter when you are done, or q to give up:
login-not-yet = Not approved yet.
login-press-enter = Press Enter.
login-not-available = Entra ID sign-in is not available: firmamentd does not answer. An administrator of this machine sees why in: systemctl status firmamentd
login-password-elsewhere = The password of this account is changed at https://aka.ms/sspr
account-denied = This account may not be used here: your organisation's administrator can say why. [{ $code }]
account-forgotten = This account was removed from this machine: sign in with your password once more.
account-unknown = Nobody has signed in here with this account yet: sign in with your password first.
account-unreadable = Entra ID accounts cannot be checked: an administrator of this machine sees why in: systemctl status firmamentd

## aad-tool

tool-note = Note: { $what }
tool-signed-in = Signed in: { $name } (tenant { $tenant })
tool-password-for = Sign in as { $name }. The password is not shown while you type it;
tool-or-code = press Enter alone to sign in with a code instead.
tool-password = Password:
tool-app = The page will show the app "Microsoft Authentication Broker". Sign in there with your own account and no other.
tool-yourself = Go on only if you started this sign-in yourself, here: nobody else should have sent you this code.
tool-open = Open: { $url }
tool-code = Code: { $code }
tool-until = The code can be used until { $until }.
tool-problem = Problem: { $what } [{ $code }]
tool-who = Who can fix it: { $who }
tool-advice = What to do: { $what }
tool-waiting = Waiting for { $what }{ $left }.
tool-still-waiting = Still waiting for { $what }{ $left }.
tool-left = { $left } left
tool-daemon = firmamentd to answer
tool-the-end = the end of this: { $what }
