# Deutsch. Not reviewed by a native speaker.

## The PAM module

login-password = Entra-ID-Kennwort:
login-open = Öffnen Sie { $url } und geben Sie den Code { $code } ein.
login-time = { $minutes ->
    [one] Sie haben dafür eine Minute.
   *[other] Sie haben dafür { $minutes } Minuten.
}
login-time-ssh = { $minutes ->
    [one] Sie haben dafür eine Minute; ssh trennt die Verbindung vielleicht früher.
   *[other] Sie haben dafür { $minutes } Minuten; ssh trennt die Verbindung vielleicht früher.
}
login-when-done = Drücken Sie die Eingabetaste, wenn Sie fertig sind, oder geben Sie q ein, um abzubrechen:
login-not-yet = Noch nicht bestätigt.
login-press-enter = Drücken Sie die Eingabetaste.
login-not-available = Die Anmeldung mit Entra ID ist nicht verfügbar: firmamentd antwortet nicht. Ein Administrator dieses Rechners sieht den Grund mit: systemctl status firmamentd
login-password-elsewhere = Das Kennwort dieses Kontos wird auf https://aka.ms/sspr geändert
account-denied = Dieses Konto darf hier nicht benutzt werden: Der Administrator Ihrer Organisation kann sagen, warum. [{ $code }]
account-forgotten = Dieses Konto wurde von diesem Rechner entfernt: Melden Sie sich noch einmal mit Ihrem Kennwort an.
account-unknown = Mit diesem Konto hat sich hier noch niemand angemeldet: Melden Sie sich zuerst mit Ihrem Kennwort an.
account-unreadable = Entra-ID-Konten können nicht geprüft werden: Ein Administrator dieses Rechners sieht den Grund mit: systemctl status firmamentd

## aad-tool

tool-note = Hinweis: { $what }
tool-signed-in = Angemeldet: { $name } (Mandant { $tenant })
tool-password-for = Melden Sie sich als { $name } an. Das Kennwort wird beim Tippen nicht angezeigt;
tool-or-code = die Eingabetaste allein führt zur Anmeldung mit einem Code.
tool-password = Kennwort:
tool-app = Die Seite zeigt die App „Microsoft Authentication Broker“. Melden Sie sich dort nur mit Ihrem eigenen Konto an.
tool-yourself = Fahren Sie nur fort, wenn Sie diese Anmeldung selbst und hier begonnen haben: Niemand sonst sollte Ihnen diesen Code geschickt haben.
tool-open = Öffnen Sie: { $url }
tool-code = Code: { $code }
tool-until = Der Code gilt bis { $until }.
tool-problem = Problem: { $what } [{ $code }]
tool-who = Wer helfen kann: { $who }
tool-advice = Was zu tun ist: { $what }
tool-waiting = Warten auf { $what }{ $left }.
tool-still-waiting = Weiterhin Warten auf { $what }{ $left }.
tool-left = noch { $left }
tool-daemon = die Antwort von firmamentd

## On the way to a sign-in

said-more-than-password = Ihre Organisation verlangt mehr als ein Kennwort: Bitte schließen Sie die Anmeldung im Browser ab.
said-second-factor = Ihre Organisation verlangt einen zweiten Faktor, um ein Gerät zu registrieren: Bitte melden Sie sich noch einmal an.
said-not-heard = Ob Sie bestätigt haben, ist nicht zu erfahren: { $what } [{ $code }]. Es wird bis { $until } weiter gefragt.
said-answers-again = Der Anmeldedienst antwortet wieder.
said-tried-again = Es wird um { $until } erneut versucht.
said-goes-on = Es wird gerade erneut versucht; es ist nichts zu tun.
said-service = { $what }; der Dienst meldet: { $text }
said-keys-are-made = Die Schlüssel für die Registrierung werden erzeugt.
said-not-registered = Dieser Rechner ist nicht registriert.
said-registering = Dieser Rechner wird registriert.
said-registered = Dieser Rechner ist registriert.
said-suspended = Die Identität dieses Rechners ist ausgesetzt.
said-leaving = Dieser Rechner wird abgemeldet.
waits-tenant = die Auskunft von Microsoft Entra ID über den Mandanten von { $domain }
waits-realm = die Auskunft von Microsoft Entra ID, wer die Kennwörter von { $domain } prüft
waits-code = einen Anmeldecode von Microsoft Entra ID
waits-password = die Prüfung des Kennworts durch Microsoft Entra ID
waits-tokens = die Erlaubnis von Microsoft Entra ID, ein Gerät zu registrieren
waits-account = die Auskunft von Microsoft Graph, wer sich angemeldet hat
waits-approval = Ihre Anmeldung mit dem Code
waits-keys = neue Schlüssel
waits-first-use = die erste Benutzung der Schlüssel dieses Rechners
who-nobody = niemand; es gibt sich von selbst
who-nothing = niemand; es ist nichts zu beheben
who-service = der Dienst; an diesem Rechner ist nichts zu beheben
who-you = Sie
who-tenant-admin = ein Administrator Ihrer Organisation
who-machine-admin = ein Administrator dieses Rechners
who-developers = die Entwickler von Firmament

## Refusals

refusal-general = Die Anmeldung ist nicht gelungen (Code { $code })
    .advice = Nennen Sie einem Administrator diesen Code und die Uhrzeit.
refusal-code-expired = Der Code ist abgelaufen, bevor er benutzt wurde
    .advice = Melden Sie sich erneut an. Zeigte Ihr Telefon den Fehler 53003, sperrt Ihre Organisation die Anmeldung mit Codes: Bitten Sie um eine Ausnahme für Device Registration Service.
refusal-code-wrong = Der Code wurde nicht angenommen
    .advice = Melden Sie sich erneut an.
refusal-declined = Die Anmeldung wurde nicht bestätigt
    .advice = Melden Sie sich erneut an und bestätigen Sie, wenn Sie selbst die Anmeldung begonnen haben.
refusal-password-wrong = Der Benutzername oder das Kennwort ist falsch
    .advice = Melden Sie sich erneut mit dem richtigen Kennwort an.
refusal-locked = Das Konto ist nach zu vielen Versuchen gesperrt
    .advice = Warten Sie einige Minuten, oder bitten Sie einen Administrator, das Konto zu entsperren.
refusal-no-account = Dieses Konto gibt es in der Organisation nicht
    .advice = Prüfen Sie den Namen und die Domäne und melden Sie sich erneut an.
refusal-elsewhere = Das Konto gehört nicht zu dieser Organisation
    .advice = Melden Sie sich mit einem Konto dieser Organisation an.
refusal-password-expired = Das Kennwort ist abgelaufen
    .advice = Ändern Sie es in einem Browser und melden Sie sich erneut an.
refusal-no-password = Das Konto hat kein gültiges Kennwort
    .advice = Legen Sie in einem Browser eines fest und melden Sie sich erneut an.
refusal-disabled = Das Konto ist deaktiviert
    .advice = Bitten Sie einen Administrator, das Konto zu aktivieren.
refusal-no-factor = Für das Konto ist noch kein zweiter Faktor eingerichtet
    .advice = Richten Sie ihn in einem Browser auf https://aka.ms/mfasetup ein und melden Sie sich erneut an.
refusal-browser = Der Dienst verlangt zuerst einen Schritt im Browser
    .advice = Melden Sie sich einmal in einem Browser an, erledigen Sie, was dort verlangt wird, und melden Sie sich erneut an.
refusal-factor = Es wird ein zweiter Faktor verlangt
    .advice = Melden Sie sich erneut mit einem zweiten Faktor an.
refusal-over = Die Anmeldung gilt nicht mehr
    .advice = Melden Sie sich erneut an.
refusal-denied = Die Anmeldung wurde abgelehnt, von Ihnen oder durch eine Regel der Organisation
    .advice = Melden Sie sich erneut an und bestätigen Sie; bleibt es dabei, nennen Sie einem Administrator die Uhrzeit.
refusal-place = Die Organisation erlaubt dies nicht von dort, wo die Anmeldeseite geöffnet wurde
    .advice = Öffnen Sie die Anmeldeseite im Netz oder auf einem Gerät der Organisation.
refusal-consent = Ein Administrator der Organisation muss der Anwendung zuerst zustimmen
    .advice = Bitten Sie einen Administrator, Microsoft Authentication Broker zuzustimmen.
refusal-application = Die Anwendung ist in der Organisation gesperrt oder fehlt dort
    .advice = Bitten Sie einen Administrator, Microsoft Authentication Broker zu erlauben.
refusal-rule = Eine Regel der Organisation verbietet diese Anmeldung
    .advice = Nennen Sie einem Administrator die Uhrzeit für die Suche in den Anmeldeprotokollen.
refusal-not-assigned = Das Konto ist der Anwendung nicht zugewiesen
    .advice = Bitten Sie einen Administrator, das Konto zuzuweisen.
refusal-risk = Das Konto ist wegen eines Risikos gesperrt
    .advice = Bitten Sie einen Administrator, das Risiko des Kontos zu prüfen.
refusal-device-rule = Eine Regel verlangt ein bestimmtes Gerät, und diese Anmeldung zeigt keines
    .advice = Melden Sie sich mit dem Kennwort an; geht das nicht, bitten Sie einen Administrator um eine Ausnahme für Device Registration Service.
refusal-code-blocked = Die Organisation sperrt die Anmeldung mit Codes
    .advice = Melden Sie sich anders an, oder bitten Sie einen Administrator um eine Ausnahme für Device Registration Service.
refusal-token-protection = Eine Regel zum Schutz von Token gilt, die kein Linux-Gerät erfüllt
    .advice = Bitten Sie einen Administrator, die Regel auf Windows zu beschränken.
refusal-may-not-join = Dieses Konto darf keine Geräte registrieren
    .advice = Bitten Sie einen Administrator, das Registrieren zu erlauben.
refusal-quota = Die Höchstzahl der Geräte dieses Kontos ist erreicht
    .advice = Entfernen Sie alte Geräte auf https://myaccount.microsoft.com/device-list.
refusal-request = Der Anmeldedienst nimmt die Anfrage nicht an
    .advice = Versuchen Sie es später erneut; bleibt es dabei, nennen Sie einem Administrator die Uhrzeit.
refusal-wrong-place = Dieser Rechner fragt an der falschen Stelle nach der Organisation
    .advice = Ein Administrator dieses Rechners prüft domain, cloud und authority_host in himmelblau.conf.
refusal-busy = Der Anmeldedienst ist zurzeit gestört oder überlastet
    .advice = Versuchen Sie es in einigen Minuten erneut.
refusal-device-unknown = Die Organisation kennt dieses Gerät nicht
    .advice = Kurz nach einer Registrierung gibt sich das von selbst; sonst fragen Sie einen Administrator, ob das Gerät gelöscht wurde.
refusal-device-disabled = Dieses Gerät ist in der Organisation deaktiviert
    .advice = Bitten Sie einen Administrator, das Gerät zu aktivieren.
refusal-device-deleted = Dieses Gerät wurde aus der Organisation gelöscht
    .advice = Fragen Sie einen Administrator, ob es neu registriert werden darf.
refusal-between = Nicht der Anmeldedienst hat geantwortet, sondern etwas auf dem Weg zu ihm
    .advice = Ein Administrator dieses Rechners prüft, ob ein Proxy oder eine Anmeldeseite des Netzes antwortet.
refusal-unreachable = Microsoft Entra ID ist nicht zu erreichen
    .advice = Prüfen Sie das Netz; ein Administrator dieses Rechners prüft Proxy und Firewall.
refusal-proxy = Der Proxy lässt die Anmeldung nicht durch
    .advice = Ein Administrator dieses Rechners prüft die Option proxy in himmelblau.conf.
refusal-tls = Die Verbindung zu Microsoft Entra ID ist nicht sicher
    .advice = Ein Administrator dieses Rechners prüft ca_file und ob etwas auf dem Weg die Verbindung öffnet.
refusal-clock = Die Uhr dieses Rechners geht falsch
    .advice = Ein Administrator dieses Rechners stellt die Uhr (timedatectl set-ntp true); dann melden Sie sich erneut an.
refusal-unusable-prompt = Der Code, der gekommen ist, wird nicht angezeigt: Er ist vielleicht nicht von Microsoft
    .advice = Geben Sie nirgends einen Code ein. Ein Administrator dieses Rechners prüft, was auf dem Weg antwortet.
refusal-too-many = Auf diesem Rechner wurde es für { $name } zu oft versucht
    .advice = Warten Sie { $seconds } s und melden Sie sich erneut an.
refusal-not-allowed = { $name } darf sich an diesem Rechner nicht anmelden
    .advice = Melden Sie sich mit einem Konto an, das es darf, oder bitten Sie einen Administrator dieses Rechners.
refusal-unknown-domain = { $domain } ist keine Domäne dieses Rechners
    .advice = Prüfen Sie den Namen; ein Administrator dieses Rechners kann die Domäne in himmelblau.conf eintragen.
refusal-may-not-register = Dieser Rechner ist für { $domain } nicht registriert, und Sie dürfen ihn nicht registrieren
    .advice = Zuerst muss sich jemand anmelden, der das darf, zum Beispiel root.
refusal-wrong-account = Sie haben sich mit einem anderen Konto als { $name } angemeldet
    .advice = Melden Sie sich mit dem Konto an, das Sie hier genannt haben.
refusal-renamed = { $name } heißt jetzt anders
    .advice = Melden Sie sich mit dem neuen Namen an.
refusal-replaced = { $name } ist ein anderes Konto als das, das hier unter diesem Namen bekannt ist
    .advice = Ist das richtig, führt ein Administrator dieses Rechners aus: aad-tool forget-account { $name }
refusal-tenant-changed = { $domain } führt zu einem anderen Mandanten als bisher
    .advice = Ein Administrator dieses Rechners klärt, ob die Domäne umgezogen ist.
refusal-groups = Ihre Gruppen sind nicht zu lesen, und nur Mitglieder bestimmter Gruppen dürfen sich anmelden
    .advice = Ein Administrator Ihrer Organisation muss dem Lesen der Gruppen zustimmen (GroupMember.Read.All).
refusal-timeout = Es wurde nicht rechtzeitig ein Kennwort eingegeben
    .advice = Melden Sie sich erneut an.
refusal-code-not-shown = Diese Anmeldung braucht einen Code, und hier kann keiner angezeigt werden
    .advice = Melden Sie sich zuerst über ssh (keyboard-interactive) oder an der Konsole an.
refusal-local-account = { $name } kann auf diesem Rechner kein Konto haben (Code { $code })
    .advice = Nennen Sie einem Administrator dieses Rechners diesen Code.
refusal-home = Das Dateisystem des Heimatverzeichnisses antwortet nicht
    .advice = Ein Administrator dieses Rechners sorgt dafür, dass der Dateiserver erreichbar ist; dann melden Sie sich erneut an.
refusal-state = Dieser Rechner kann seinen Zustand nicht lesen oder schreiben
    .advice = Ein Administrator dieses Rechners sieht den Grund mit: systemctl status firmamentd
refusal-keys = Die Schlüssel dieses Rechners sind nicht zu benutzen
    .advice = Ein Administrator dieses Rechners sieht den Grund mit: aad-tool status
refusal-moment = firmamentd ist gerade beschäftigt oder wird beendet
    .advice = Versuchen Sie es gleich noch einmal.
refusal-not-registered = Dieser Rechner ist nicht registriert
    .advice = Melden Sie sich erneut an.
refusal-forbidden = Das darf nur root oder wem das Konto gehört
    .advice = Führen Sie es als root aus.
refusal-bad-name = Das ist kein gültiger Name
    .advice = Prüfen Sie den Namen und versuchen Sie es erneut.
refusal-version = firmamentd und dieses Programm sind nicht von derselben Version
    .advice = Ein Administrator dieses Rechners startet firmamentd neu.
refusal-fault = In firmamentd ist ein Fehler aufgetreten
    .advice = Versuchen Sie es erneut, und melden Sie den Fehler mit dem Protokoll von firmamentd.
