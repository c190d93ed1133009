# Français. Not reviewed by a native speaker.

## The PAM module

login-password = Mot de passe Entra ID :
login-open = Ouvrez { $url } et saisissez le code { $code }.
login-time = { $minutes ->
    [one] Vous avez une minute pour cela.
   *[other] Vous avez { $minutes } minutes pour cela.
}
login-time-ssh = { $minutes ->
    [one] Vous avez une minute pour cela ; ssh fermera peut-être la connexion plus tôt.
   *[other] Vous avez { $minutes } minutes pour cela ; ssh fermera peut-être la connexion plus tôt.
}
login-when-done = Appuyez sur Entrée quand vous avez terminé, ou tapez q pour abandonner :
login-not-yet = Pas encore approuvé.
login-press-enter = Appuyez sur Entrée.
login-not-available = La connexion avec Entra ID n'est pas disponible : firmamentd ne répond pas. Un administrateur de cette machine en voit la raison avec : systemctl status firmamentd
login-password-elsewhere = Le mot de passe de ce compte se change sur https://aka.ms/sspr
account-denied = Ce compte ne peut pas être utilisé ici : l'administrateur de votre organisation peut dire pourquoi. [{ $code }]
account-forgotten = Ce compte a été retiré de cette machine : connectez-vous une nouvelle fois avec votre mot de passe.
account-unknown = Personne ne s'est encore connecté ici avec ce compte : connectez-vous d'abord avec votre mot de passe.
account-unreadable = Les comptes Entra ID ne peuvent pas être vérifiés : un administrateur de cette machine en voit la raison avec : systemctl status firmamentd

## aad-tool

tool-note = Remarque : { $what }
tool-signed-in = Connecté : { $name } (locataire { $tenant })
tool-password-for = Connectez-vous en tant que { $name }. Le mot de passe ne s'affiche pas pendant la saisie ;
tool-or-code = appuyez seulement sur Entrée pour vous connecter avec un code.
tool-password = Mot de passe :
tool-app = La page affichera l'application « Microsoft Authentication Broker ». Connectez-vous-y avec votre propre compte et aucun autre.
tool-yourself = Continuez seulement si vous avez commencé cette connexion vous-même, ici : personne d'autre ne devrait vous avoir envoyé ce code.
tool-open = Ouvrez : { $url }
tool-code = Code : { $code }
tool-until = Le code est valable jusqu'à { $until }.
tool-problem = Problème : { $what } [{ $code }]
tool-who = Qui peut y remédier : { $who }
tool-advice = Que faire : { $what }
tool-waiting = En attente : { $what }{ $left }.
tool-still-waiting = Toujours en attente : { $what }{ $left }.
tool-left = encore { $left }
tool-daemon = réponse de firmamentd

## On the way to a sign-in

said-more-than-password = Votre organisation exige plus qu'un mot de passe : terminez la connexion dans un navigateur.
said-second-factor = Votre organisation exige un second facteur pour inscrire un appareil : connectez-vous une nouvelle fois.
said-not-heard = Impossible de savoir si vous avez approuvé : { $what } [{ $code }]. La question est reposée jusqu'à { $until }.
said-answers-again = Le service de connexion répond de nouveau.
said-tried-again = Nouvel essai à { $until }.
said-goes-on = Un nouvel essai est en cours ; il n'y a rien à faire.
said-service = { $what } ; le service indique : { $text }
said-keys-are-made = Les clés pour l'inscription sont en cours de création.
said-not-registered = Cette machine n'est pas inscrite.
said-registering = Cette machine est en cours d'inscription.
said-registered = Cette machine est inscrite.
said-suspended = L'identité de cette machine est suspendue.
said-leaving = Cette machine est en cours de désinscription.
waits-tenant = réponse de Microsoft Entra ID sur le locataire de { $domain }
waits-realm = réponse de Microsoft Entra ID sur la vérification des mots de passe de { $domain }
waits-code = code de connexion de Microsoft Entra ID
waits-password = vérification du mot de passe par Microsoft Entra ID
waits-tokens = autorisation de Microsoft Entra ID d'inscrire un appareil
waits-account = réponse de Microsoft Graph sur la personne connectée
waits-approval = votre connexion avec le code
waits-keys = création des clés
waits-first-use = première utilisation des clés de cette machine
who-nobody = personne ; cela se résout tout seul
who-nothing = personne ; il n'y a rien à corriger
who-service = le service ; il n'y a rien à corriger sur cette machine
who-you = vous
who-tenant-admin = un administrateur de votre organisation
who-machine-admin = un administrateur de cette machine
who-developers = les développeurs de Firmament

## Refusals

refusal-general = La connexion a échoué (code { $code })
    .advice = Donnez ce code et l'heure à un administrateur.
refusal-code-expired = Le code a expiré avant d'être utilisé
    .advice = Reconnectez-vous. Si votre téléphone a affiché l'erreur 53003, votre organisation bloque la connexion par code : demandez une exception pour Device Registration Service.
refusal-code-wrong = Le code n'a pas été accepté
    .advice = Reconnectez-vous.
refusal-declined = La connexion n'a pas été approuvée
    .advice = Reconnectez-vous, et approuvez si vous avez vous-même commencé la connexion.
refusal-password-wrong = Le nom d'utilisateur ou le mot de passe est incorrect
    .advice = Reconnectez-vous avec le bon mot de passe.
refusal-locked = Le compte est verrouillé après trop d'essais
    .advice = Attendez quelques minutes, ou demandez à un administrateur de déverrouiller le compte.
refusal-no-account = Ce compte n'existe pas dans l'organisation
    .advice = Vérifiez le nom et le domaine, puis reconnectez-vous.
refusal-elsewhere = Le compte n'appartient pas à cette organisation
    .advice = Connectez-vous avec un compte de cette organisation.
refusal-password-expired = Le mot de passe a expiré
    .advice = Changez-le dans un navigateur, puis reconnectez-vous.
refusal-no-password = Le compte n'a pas de mot de passe valable
    .advice = Définissez-en un dans un navigateur, puis reconnectez-vous.
refusal-disabled = Le compte est désactivé
    .advice = Demandez à un administrateur d'activer le compte.
refusal-no-factor = Aucun second facteur n'est encore configuré pour le compte
    .advice = Configurez-le dans un navigateur sur https://aka.ms/mfasetup, puis reconnectez-vous.
refusal-browser = Le service exige d'abord une étape dans un navigateur
    .advice = Connectez-vous une fois dans un navigateur, faites ce qui y est demandé, puis reconnectez-vous.
refusal-factor = Un second facteur est exigé
    .advice = Reconnectez-vous avec un second facteur.
refusal-over = La connexion n'est plus valable
    .advice = Reconnectez-vous.
refusal-denied = La connexion a été refusée, par vous ou par une règle de l'organisation
    .advice = Reconnectez-vous et approuvez ; si cela persiste, donnez l'heure à un administrateur.
refusal-place = L'organisation ne le permet pas là où la page de connexion a été ouverte
    .advice = Ouvrez la page de connexion dans le réseau ou sur un appareil de l'organisation.
refusal-consent = Un administrateur de l'organisation doit d'abord donner son consentement à l'application
    .advice = Demandez à un administrateur de consentir à Microsoft Authentication Broker.
refusal-application = L'application est bloquée dans l'organisation, ou absente
    .advice = Demandez à un administrateur d'autoriser Microsoft Authentication Broker.
refusal-rule = Une règle de l'organisation interdit cette connexion
    .advice = Donnez l'heure à un administrateur pour la recherche dans les journaux de connexion.
refusal-not-assigned = Le compte n'est pas affecté à l'application
    .advice = Demandez à un administrateur d'affecter le compte.
refusal-risk = Le compte est bloqué en raison d'un risque
    .advice = Demandez à un administrateur d'examiner le risque du compte.
refusal-device-rule = Une règle exige un certain appareil, et cette connexion n'en montre aucun
    .advice = Connectez-vous avec le mot de passe ; sinon, demandez à un administrateur une exception pour Device Registration Service.
refusal-code-blocked = L'organisation bloque la connexion par code
    .advice = Connectez-vous autrement, ou demandez à un administrateur une exception pour Device Registration Service.
refusal-token-protection = Une règle de protection des jetons s'applique, qu'aucun appareil Linux ne peut remplir
    .advice = Demandez à un administrateur de limiter la règle à Windows.
refusal-may-not-join = Ce compte ne peut pas inscrire d'appareils
    .advice = Demandez à un administrateur de permettre l'inscription.
refusal-quota = Le nombre maximal d'appareils de ce compte est atteint
    .advice = Retirez d'anciens appareils sur https://myaccount.microsoft.com/device-list.
refusal-request = Le service de connexion n'accepte pas la demande
    .advice = Réessayez plus tard ; si cela persiste, donnez l'heure à un administrateur.
refusal-wrong-place = Cette machine cherche l'organisation au mauvais endroit
    .advice = Un administrateur de cette machine vérifie domain, cloud et authority_host dans himmelblau.conf.
refusal-busy = Le service de connexion est actuellement perturbé ou surchargé
    .advice = Réessayez dans quelques minutes.
refusal-device-unknown = L'organisation ne connaît pas cet appareil
    .advice = Juste après une inscription, cela passe tout seul ; sinon demandez à un administrateur si l'appareil a été supprimé.
refusal-device-disabled = Cet appareil est désactivé dans l'organisation
    .advice = Demandez à un administrateur d'activer l'appareil.
refusal-device-deleted = Cet appareil a été supprimé de l'organisation
    .advice = Demandez à un administrateur s'il peut être inscrit à nouveau.
refusal-between = Ce n'est pas le service de connexion qui a répondu, mais quelque chose en chemin
    .advice = Un administrateur de cette machine vérifie si un proxy ou un portail du réseau répond.
refusal-unreachable = Microsoft Entra ID est injoignable
    .advice = Vérifiez le réseau ; un administrateur de cette machine vérifie le proxy et le pare-feu.
refusal-proxy = Le proxy ne laisse pas passer la connexion
    .advice = Un administrateur de cette machine vérifie l'option proxy dans himmelblau.conf.
refusal-tls = La liaison avec Microsoft Entra ID n'est pas sûre
    .advice = Un administrateur de cette machine vérifie ca_file et si quelque chose en chemin ouvre la liaison.
refusal-clock = L'horloge de cette machine est fausse
    .advice = Un administrateur de cette machine règle l'horloge (timedatectl set-ntp true) ; puis reconnectez-vous.
refusal-unusable-prompt = Le code reçu n'est pas affiché : il ne vient peut-être pas de Microsoft
    .advice = Ne saisissez de code nulle part. Un administrateur de cette machine vérifie ce qui répond en chemin.
refusal-too-many = Trop d'essais pour { $name } sur cette machine
    .advice = Attendez { $seconds } s, puis reconnectez-vous.
refusal-not-allowed = { $name } ne peut pas se connecter à cette machine
    .advice = Connectez-vous avec un compte autorisé, ou adressez-vous à un administrateur de cette machine.
refusal-unknown-domain = { $domain } n'est pas un domaine de cette machine
    .advice = Vérifiez le nom ; un administrateur de cette machine peut ajouter le domaine dans himmelblau.conf.
refusal-may-not-register = Cette machine n'est pas inscrite pour { $domain }, et vous ne pouvez pas l'inscrire
    .advice = Quelqu'un qui en a le droit, par exemple root, doit d'abord se connecter.
refusal-wrong-account = Vous vous êtes connecté avec un autre compte que { $name }
    .advice = Connectez-vous avec le compte que vous avez nommé ici.
refusal-renamed = { $name } a un autre nom maintenant
    .advice = Connectez-vous sous le nouveau nom.
refusal-replaced = { $name } est un autre compte que celui qui est connu ici sous ce nom
    .advice = Si c'est correct, un administrateur de cette machine exécute : aad-tool forget-account { $name }
refusal-tenant-changed = { $domain } mène à un autre locataire qu'auparavant
    .advice = Un administrateur de cette machine vérifie si le domaine a été déplacé.
refusal-groups = Vos groupes ne peuvent pas être lus, et seuls les membres de certains groupes peuvent se connecter
    .advice = Un administrateur de votre organisation doit consentir à la lecture des groupes (GroupMember.Read.All).
refusal-timeout = Aucun mot de passe n'a été saisi à temps
    .advice = Reconnectez-vous.
refusal-code-not-shown = Cette connexion exige un code, et aucun code ne peut être affiché ici
    .advice = Connectez-vous d'abord par ssh (keyboard-interactive) ou à la console.
refusal-local-account = { $name } ne peut pas avoir de compte sur cette machine (code { $code })
    .advice = Donnez ce code à un administrateur de cette machine.
refusal-home = Le système de fichiers du répertoire personnel ne répond pas
    .advice = Un administrateur de cette machine fait en sorte que le serveur de fichiers soit joignable ; puis reconnectez-vous.
refusal-state = Cette machine ne peut pas lire ou écrire son état
    .advice = Un administrateur de cette machine en voit la raison avec : systemctl status firmamentd
refusal-keys = Les clés de cette machine sont inutilisables
    .advice = Un administrateur de cette machine en voit la raison avec : aad-tool status
refusal-moment = firmamentd est occupé ou s'arrête
    .advice = Réessayez dans un instant.
refusal-not-registered = Cette machine n'est pas inscrite
    .advice = Reconnectez-vous.
refusal-forbidden = Seuls root et le propriétaire du compte peuvent le faire
    .advice = Exécutez-le en tant que root.
refusal-bad-name = Ce n'est pas un nom valable
    .advice = Vérifiez le nom et réessayez.
refusal-version = firmamentd et ce programme ne sont pas de la même version
    .advice = Un administrateur de cette machine redémarre firmamentd.
refusal-fault = Une erreur s'est produite dans firmamentd
    .advice = Réessayez, et signalez l'erreur avec le journal de firmamentd.
