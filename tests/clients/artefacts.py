"""Judges what a client was given, with openssl and with libraries that know nothing of the simulator."""

import base64
import json
import re
import ssl
import subprocess
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from harness import BROKER, LOGIN, TENANT, USER, USER_ID, Failure, equal, holds

PRIVATE = "1.2.840.113556.1.5.284"
DAY_S = 86_400


def openssl(*arguments: str, data: bytes | None = None) -> bytes:
    done = subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=False)
    if done.returncode != 0:
        raise Failure(f"openssl {arguments[0]}: {(done.stdout + done.stderr).decode(errors='replace')}")
    return done.stdout


def shown(certificate: Path, *what: str) -> str:
    return openssl("x509", "-noout", "-in", str(certificate), *what).decode().strip()


def device_id(certificate: Path) -> str:
    return shown(certificate, "-subject", "-nameopt", "RFC2253").removeprefix("subject=CN=")


def device_certificate(certificate: Path, key: Path, device: dict[str, Any], joined: bool) -> None:
    """The certificate of a join or a registration, against the object in the directory."""
    equal("the subject", device_id(certificate), device["id"])
    thumbprint = shown(certificate, "-fingerprint", "-sha1").split("=")[1].replace(":", "")
    equal("the thumbprint in the directory", device["thumbprint"], thumbprint)
    own = openssl("rsa", "-noout", "-modulus", "-in", str(key)).decode().strip()
    equal("the modulus of the certificate", shown(certificate, "-modulus"), own)
    holds(shown(certificate, "-issuer"), "DC = net + DC = windows + CN = MS-Organization-Access + OU = ")
    lasts_ten_years(certificate)
    usage(certificate)
    private = private_extensions(certificate)
    for number, wanted in [("2", device["id"]), ("3", USER_ID), ("5", TENANT)]:
        equal(f"extension .{number}", private.get(number), "048110" + uuid.UUID(wanted).bytes_le.hex())
    equal("extension .7", private.get("7"), "048101" + ("31" if joined else "30"))


def usage(certificate: Path) -> None:
    """An end-entity certificate for TLS clients and for nothing else, both marked critical."""
    lines = shown(certificate, "-ext", "basicConstraints,extendedKeyUsage").splitlines()
    wanted = ["X509v3 Basic Constraints: critical", "CA:FALSE"]
    wanted += ["X509v3 Extended Key Usage: critical", "TLS Web Client Authentication"]
    equal("the usage", [line.strip() for line in lines], wanted)
    anchored = ["verify", "-partial_chain", "-trusted", str(certificate), "-purpose"]
    openssl(*anchored, "sslclient", str(certificate))
    try:
        openssl(*anchored, "sslserver", str(certificate))
    except Failure:
        return
    raise Failure("openssl takes the certificate for that of a server")


def lasts_ten_years(certificate: Path) -> None:
    begin, end = (
        ssl.cert_time_to_seconds(line.split("=", 1)[1])
        for line in shown(certificate, "-startdate", "-enddate").splitlines()
    )
    days = (end - begin) / DAY_S
    if not 3649 <= days <= 3654:
        raise Failure(f"the certificate lasts {days:.1f} days")
    if abs(begin - datetime.now().timestamp()) > 600:
        raise Failure("the certificate does not begin now")


def private_extensions(certificate: Path) -> dict[str, str]:
    """The last number of each private object identifier, and its bytes in lower-case hexadecimal."""
    text = openssl("asn1parse", "-in", str(certificate)).decode()
    pattern = rf":{re.escape(PRIVATE)}\.(\d+)\n[^\n]*OCTET STRING\s*\[HEX DUMP\]:([0-9A-F]+)"
    return {number: data.lower() for number, data in re.findall(pattern, text)}


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def primary_refresh_token(prt: dict[str, Any], key: Path, client: str) -> None:
    """A reply that brought a PRT, as the client kept it with the session key that it found inside."""
    renewed_primary_refresh_token(prt, client)
    header, wrapped, nonce, text, tag = prt["session_key_jwe"].split(".")
    equal("the header", json.loads(decoded(header)), {"enc": "A256GCM", "alg": "RSA-OAEP"})
    oaep = ["-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha1"]
    session_key = openssl("pkeyutl", "-decrypt", "-inkey", str(key), *oaep, data=decoded(wrapped))
    equal("the length of the session key", len(session_key), 32)
    equal("the session key", session_key.hex(), prt["session_key"])
    equal("the content", AESGCM(session_key).decrypt(decoded(nonce), decoded(text) + decoded(tag), b""), b" ")


def renewed_primary_refresh_token(prt: dict[str, Any], client: str) -> None:
    equal("the length of the kept session key", len(bytes.fromhex(prt["session_key"])), 32)
    holds(prt["refresh_token"], ".")
    for name in ["expires_in", "ext_expires_in", "expires_on"]:
        equal(f"the type of {name}", type(prt[name]), str)
    equal("refresh_token_expires_in", prt["refresh_token_expires_in"], 14 * DAY_S - 1)
    header, payload, signature = prt["id_token"].split(".")
    equal("the algorithm of the id_token", json.loads(decoded(header))["alg"], "none")
    equal("the signature of the id_token", signature, "")
    claims = json.loads(decoded(payload))
    for name, wanted in [("oid", USER_ID), ("tid", TENANT), ("upn", USER), ("aud", client)]:
        equal(f"{name} of the id_token", claims[name], wanted)


def verified(token: str, audience: str, ca: str) -> dict[str, Any]:
    """The claims of a token whose signature verifies with the keys that the tenant publishes."""
    context = ssl.create_default_context(cafile=ca)
    keys = jwt.PyJWKClient(f"{LOGIN}/{TENANT}/discovery/v2.0/keys", ssl_context=context)
    key = keys.get_signing_key_from_jwt(token).key
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], audience=audience)
    return claims


def access_token(token: str, audience: str, ca: str, client: str = BROKER, device: str | None = None) -> dict[str, Any]:
    """An access token for the user; it names the device that was proved, and only then."""
    claims = verified(token, audience, ca)
    wanted = {"tid": TENANT, "oid": USER_ID, "upn": USER, "appid": client, "deviceid": device}
    for name, value in wanted.items():
        equal(f"{name} of the access token", claims.get(name), value)
    return claims


def id_token(token: str, client: str, ca: str) -> dict[str, Any]:
    claims = verified(token, client, ca)
    for name, wanted in [("oid", USER_ID), ("tid", TENANT), ("preferred_username", USER)]:
        equal(f"{name} of the id_token", claims.get(name), wanted)
    return claims
