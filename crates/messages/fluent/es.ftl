# Español. Not reviewed by a native speaker.

## The PAM module

login-password = Contraseña de Entra ID:
login-open = Abra { $url } e introduzca el código { $code }.
login-time = { $minutes ->
    [one] Tiene un minuto para ello.
   *[other] Tiene { $minutes } minutos para ello.
}
login-time-ssh = { $minutes ->
    [one] Tiene un minuto para ello; es posible que ssh cierre antes la conexión.
   *[other] Tiene { $minutes } minutos para ello; es posible que ssh cierre antes la conexión.
}
login-when-done = Pulse Intro cuando haya terminado, o escriba q para abandonar:
login-not-yet = Todavía no se ha aprobado.
login-press-enter = Pulse Intro.
login-not-available = El inicio de sesión con Entra ID no está disponible: firmamentd no responde. Un administrador de este equipo ve el motivo con: systemctl status firmamentd
login-password-elsewhere = La contraseña de esta cuenta se cambia en https://aka.ms/sspr
account-denied = Esta cuenta no se puede usar aquí: el administrador de su organización puede decir por qué. [{ $code }]
account-forgotten = Esta cuenta se quitó de este equipo: inicie sesión una vez más con su contraseña.
account-unknown = Nadie ha iniciado sesión aquí todavía con esta cuenta: inicie sesión primero con su contraseña.
account-unreadable = No se pueden comprobar las cuentas de Entra ID: un administrador de este equipo ve el motivo con: systemctl status firmamentd

## aad-tool

tool-note = Nota: { $what }
tool-signed-in = Sesión iniciada: { $name } (inquilino { $tenant })
tool-password-for = Inicie sesión como { $name }. La contraseña no se muestra mientras la escribe;
tool-or-code = pulse solo Intro para iniciar sesión con un código.
tool-password = Contraseña:
tool-app = La página mostrará la aplicación «Microsoft Authentication Broker». Inicie sesión en ella con su propia cuenta y con ninguna otra.
tool-yourself = Continúe solo si usted mismo ha comenzado aquí este inicio de sesión: nadie más debería haberle enviado este código.
tool-open = Abra: { $url }
tool-code = Código: { $code }
tool-until = El código es válido hasta { $until }.
tool-problem = Problema: { $what } [{ $code }]
tool-who = Quién puede arreglarlo: { $who }
tool-advice = Qué hacer: { $what }
tool-waiting = En espera: { $what }{ $left }.
tool-still-waiting = Todavía en espera: { $what }{ $left }.
tool-left = quedan { $left }
tool-daemon = respuesta de firmamentd

## On the way to a sign-in

said-more-than-password = Su organización exige más que una contraseña: termine el inicio de sesión en un navegador.
said-second-factor = Su organización exige un segundo factor para registrar un dispositivo: inicie sesión una vez más.
said-not-heard = No se puede saber si usted lo ha aprobado: { $what } [{ $code }]. Se sigue preguntando hasta { $until }.
said-answers-again = El servicio de inicio de sesión responde de nuevo.
said-tried-again = Se intenta de nuevo a las { $until }.
said-goes-on = Se está intentando de nuevo; no hay nada que hacer.
said-service = { $what }; el servicio indica: { $text }
said-keys-are-made = Se están creando las claves para el registro.
said-not-registered = Este equipo no está registrado.
said-registering = Este equipo se está registrando.
said-registered = Este equipo está registrado.
said-suspended = La identidad de este equipo está suspendida.
said-leaving = Este equipo se está dando de baja.
waits-tenant = respuesta de Microsoft Entra ID sobre el inquilino de { $domain }
waits-realm = respuesta de Microsoft Entra ID sobre quién comprueba las contraseñas de { $domain }
waits-code = código de inicio de sesión de Microsoft Entra ID
waits-password = comprobación de la contraseña por Microsoft Entra ID
waits-tokens = permiso de Microsoft Entra ID para registrar un dispositivo
waits-account = respuesta de Microsoft Graph sobre quién ha iniciado sesión
waits-approval = su inicio de sesión con el código
waits-keys = creación de las claves
waits-first-use = primer uso de las claves de este equipo
who-nobody = nadie; se resuelve solo
who-nothing = nadie; no hay nada que arreglar
who-service = el servicio; no hay nada que arreglar en este equipo
who-you = usted
who-tenant-admin = un administrador de su organización
who-machine-admin = un administrador de este equipo
who-developers = los desarrolladores de Firmament

## Refusals

refusal-general = No se ha podido iniciar sesión (código { $code })
    .advice = Dé este código y la hora a un administrador.
refusal-code-expired = El código caducó antes de usarse
    .advice = Inicie sesión de nuevo. Si su teléfono mostró el error 53003, su organización bloquea el inicio de sesión con código: pida una excepción para Device Registration Service.
refusal-code-wrong = No se aceptó el código
    .advice = Inicie sesión de nuevo.
refusal-declined = No se aprobó el inicio de sesión
    .advice = Inicie sesión de nuevo y apruébelo si lo ha comenzado usted mismo.
refusal-password-wrong = El nombre de usuario o la contraseña no es correcto
    .advice = Inicie sesión de nuevo con la contraseña correcta.
refusal-locked = La cuenta está bloqueada tras demasiados intentos
    .advice = Espere unos minutos, o pida a un administrador que desbloquee la cuenta.
refusal-no-account = Esta cuenta no existe en la organización
    .advice = Compruebe el nombre y el dominio, e inicie sesión de nuevo.
refusal-elsewhere = La cuenta no pertenece a esta organización
    .advice = Inicie sesión con una cuenta de esta organización.
refusal-password-expired = La contraseña ha caducado
    .advice = Cámbiela en un navegador e inicie sesión de nuevo.
refusal-no-password = La cuenta no tiene una contraseña válida
    .advice = Establezca una en un navegador e inicie sesión de nuevo.
refusal-disabled = La cuenta está deshabilitada
    .advice = Pida a un administrador que habilite la cuenta.
refusal-no-factor = La cuenta todavía no tiene un segundo factor
    .advice = Configúrelo en un navegador en https://aka.ms/mfasetup e inicie sesión de nuevo.
refusal-browser = El servicio exige primero un paso en un navegador
    .advice = Inicie sesión una vez en un navegador, haga lo que se le pida e inicie sesión de nuevo.
refusal-factor = Se exige un segundo factor
    .advice = Inicie sesión de nuevo con un segundo factor.
refusal-over = El inicio de sesión ya no es válido
    .advice = Inicie sesión de nuevo.
refusal-denied = El inicio de sesión se rechazó, por usted o por una regla de la organización
    .advice = Inicie sesión de nuevo y apruébelo; si persiste, dé la hora a un administrador.
refusal-place = La organización no lo permite desde donde se abrió la página de inicio de sesión
    .advice = Abra la página de inicio de sesión en la red o en un dispositivo de la organización.
refusal-consent = Un administrador de la organización debe dar antes su consentimiento a la aplicación
    .advice = Pida a un administrador que dé su consentimiento a Microsoft Authentication Broker.
refusal-application = La aplicación está bloqueada en la organización, o no está en ella
    .advice = Pida a un administrador que permita Microsoft Authentication Broker.
refusal-rule = Una regla de la organización prohíbe este inicio de sesión
    .advice = Dé la hora a un administrador para la búsqueda en los registros de inicio de sesión.
refusal-not-assigned = La cuenta no está asignada a la aplicación
    .advice = Pida a un administrador que asigne la cuenta.
refusal-risk = La cuenta está bloqueada por un riesgo
    .advice = Pida a un administrador que revise el riesgo de la cuenta.
refusal-device-rule = Una regla exige un dispositivo determinado, y este inicio de sesión no muestra ninguno
    .advice = Inicie sesión con la contraseña; si no es posible, pida a un administrador una excepción para Device Registration Service.
refusal-code-blocked = La organización bloquea el inicio de sesión con código
    .advice = Inicie sesión de otra manera, o pida a un administrador una excepción para Device Registration Service.
refusal-token-protection = Se aplica una regla de protección de tokens que ningún dispositivo Linux puede cumplir
    .advice = Pida a un administrador que limite la regla a Windows.
refusal-may-not-join = Esta cuenta no puede registrar dispositivos
    .advice = Pida a un administrador que permita el registro.
refusal-quota = Se ha alcanzado el número máximo de dispositivos de esta cuenta
    .advice = Quite dispositivos antiguos en https://myaccount.microsoft.com/device-list.
refusal-request = El servicio de inicio de sesión no acepta la petición
    .advice = Inténtelo más tarde; si persiste, dé la hora a un administrador.
refusal-wrong-place = Este equipo busca la organización en el lugar equivocado
    .advice = Un administrador de este equipo comprueba domain, cloud y authority_host en himmelblau.conf.
refusal-busy = El servicio de inicio de sesión falla ahora o está sobrecargado
    .advice = Inténtelo de nuevo dentro de unos minutos.
refusal-device-unknown = La organización no conoce este dispositivo
    .advice = Justo después de un registro se resuelve solo; si no, pregunte a un administrador si se eliminó el dispositivo.
refusal-device-disabled = Este dispositivo está deshabilitado en la organización
    .advice = Pida a un administrador que habilite el dispositivo.
refusal-device-deleted = Este dispositivo se eliminó de la organización
    .advice = Pregunte a un administrador si se puede registrar de nuevo.
refusal-between = No ha respondido el servicio de inicio de sesión, sino algo en el camino
    .advice = Un administrador de este equipo comprueba si responde un proxy o un portal de la red.
refusal-unreachable = No se puede llegar a Microsoft Entra ID
    .advice = Compruebe la red; un administrador de este equipo comprueba el proxy y el cortafuegos.
refusal-proxy = El proxy no deja pasar el inicio de sesión
    .advice = Un administrador de este equipo comprueba la opción proxy en himmelblau.conf.
refusal-tls = La conexión con Microsoft Entra ID no es segura
    .advice = Un administrador de este equipo comprueba ca_file y si algo en el camino abre la conexión.
refusal-clock = El reloj de este equipo no va bien
    .advice = Un administrador de este equipo pone el reloj en hora (timedatectl set-ntp true); después inicie sesión de nuevo.
refusal-unusable-prompt = No se muestra el código que ha llegado: quizá no sea de Microsoft
    .advice = No introduzca ningún código en ningún sitio. Un administrador de este equipo comprueba qué responde en el camino.
refusal-too-many = Demasiados intentos para { $name } en este equipo
    .advice = Espere { $seconds } s e inicie sesión de nuevo.
refusal-not-allowed = { $name } no puede iniciar sesión en este equipo
    .advice = Inicie sesión con una cuenta que pueda, o diríjase a un administrador de este equipo.
refusal-unknown-domain = { $domain } no es un dominio de este equipo
    .advice = Compruebe el nombre; un administrador de este equipo puede añadir el dominio en himmelblau.conf.
refusal-may-not-register = Este equipo no está registrado para { $domain }, y usted no puede registrarlo
    .advice = Primero debe iniciar sesión alguien que pueda hacerlo, por ejemplo root.
refusal-wrong-account = Ha iniciado sesión con otra cuenta que { $name }
    .advice = Inicie sesión con la cuenta que ha indicado aquí.
refusal-renamed = { $name } tiene ahora otro nombre
    .advice = Inicie sesión con el nuevo nombre.
refusal-replaced = { $name } es otra cuenta que la que se conoce aquí con este nombre
    .advice = Si es correcto, un administrador de este equipo ejecuta: aad-tool forget-account { $name }
refusal-tenant-changed = { $domain } lleva a otro inquilino que antes
    .advice = Un administrador de este equipo aclara si se trasladó el dominio.
refusal-groups = No se pueden leer sus grupos, y solo los miembros de algunos pueden iniciar sesión
    .advice = Un administrador de su organización debe consentir la lectura de los grupos (GroupMember.Read.All).
refusal-timeout = No se escribió ninguna contraseña a tiempo
    .advice = Inicie sesión de nuevo.
refusal-code-not-shown = Este inicio de sesión exige un código, y aquí no se puede mostrar ninguno
    .advice = Inicie sesión primero por ssh (keyboard-interactive) o en la consola.
refusal-local-account = { $name } no puede tener una cuenta en este equipo (código { $code })
    .advice = Dé este código a un administrador de este equipo.
refusal-home = El sistema de archivos del directorio personal no responde
    .advice = Un administrador de este equipo se ocupa de que se llegue al servidor de archivos; después inicie sesión de nuevo.
refusal-state = Este equipo no puede leer o escribir su estado
    .advice = Un administrador de este equipo ve el motivo con: systemctl status firmamentd
refusal-keys = No se pueden usar las claves de este equipo
    .advice = Un administrador de este equipo ve el motivo con: aad-tool status
refusal-moment = firmamentd está ocupado o se está cerrando
    .advice = Inténtelo de nuevo en un momento.
refusal-not-registered = Este equipo no está registrado
    .advice = Inicie sesión de nuevo.
refusal-forbidden = Solo root y el dueño de la cuenta pueden hacerlo
    .advice = Ejecútelo como root.
refusal-bad-name = No es un nombre válido
    .advice = Compruebe el nombre e inténtelo de nuevo.
refusal-version = firmamentd y este programa no son de la misma versión
    .advice = Un administrador de este equipo reinicia firmamentd.
refusal-fault = Se ha producido un fallo en firmamentd
    .advice = Inténtelo de nuevo, e informe del fallo con el registro de firmamentd.
