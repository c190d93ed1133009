"""roadtx: registration, primary refresh tokens and single sign-on as an independent client does them."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import requests

import artefacts
from harness import (
    BROKER,
    DOMAIN,
    EDGE,
    GRAPH,
    LINUX_BROKER,
    LOGIN,
    PASSWORD,
    REGISTRATION,
    REGISTRATION_ID,
    USER,
    USER_ID,
    Client,
    Failure,
    equal,
    gist,
    holds,
    once,
    outcome,
    program,
    scenario,
)

# How the broker is called inside PRT requests by password and inside renewals.
BROKER_IDENTITY = "38aa3b87-a06d-4817-b275-7a316988d93b"
# The one that adds Hello keys.
REGISTRATION_CLIENT = "dd762716-544d-4aeb-a526-687b73838a22"
REGISTRATION_CLIENT_URI = f"ms-appx-web://Microsoft.AAD.BrokerPlugin/{REGISTRATION_CLIENT}"
COMPANY_PORTAL_URI = "companyportal://com.microsoft.CompanyPortal"
NATIVE_URI = f"{LOGIN}/common/oauth2/nativeclient"
REGISTRATION_SCOPE = f"{REGISTRATION_ID}/.default openid profile offline_access"
WITH_PASSWORD = ("-u", USER, "-p", PASSWORD)
FOR_REGISTRATION = ("-c", BROKER, "-r", REGISTRATION)


@dataclass(frozen=True)
class Device:
    """What the client wrote down of a device, and the object in the directory."""

    certificate: Path
    key: Path
    id: str
    joined: bool

    def pair(self) -> tuple[str, ...]:
        return ("-c", self.certificate.name, "-k", self.key.name)


class Roadtx(Client):
    name = "roadtx"

    def start(self, *arguments: str, ca: str | None = None) -> Any:
        environment = {"REQUESTS_CA_BUNDLE": ca if ca is not None else self.simulator.ca}
        return program([f"{sys.prefix}/bin/roadtx", *arguments], self.directory, environment)

    def run(self, *arguments: str, ends_with: int = 0) -> str:
        """One command; what it says. Its exit code says little: some failures end with 0."""
        code, said = outcome(self.start(*arguments))
        if code != ends_with:
            raise Failure(f"roadtx {arguments[0]} ended with {code}: {gist(said)}")
        return said

    def kept(self, name: str) -> dict[str, Any]:
        """A file that the client wrote: tokens, or a PRT with its session key."""
        path = self.directory / name
        if not path.exists():
            raise Failure(f"the client wrote no {name}")
        content: dict[str, Any] = json.loads(path.read_text())
        return content

    def judge_tokens(self, name: str, audience: str, client: str = BROKER, device: str | None = None) -> dict[str, Any]:
        """A token file whose access token is for this audience and names just this device."""
        tokens = self.kept(name)
        artefacts.access_token(tokens["accessToken"], audience, self.simulator.ca, client, device)
        if not tokens.get("refreshToken"):
            raise Failure(f"{name} holds no refresh token")
        return tokens

    def device(self, name: str, action: str, *how: str) -> Device:
        """Joins or registers; the certificate is judged, and that the object is in the directory."""
        self.tokens()  # The client takes them from the file that this leaves.
        said = self.run("device", "-a", action, "-n", name, "-d", DOMAIN, *how)
        holds(said, "Saved device certificate")
        certificate, key = self.directory / f"{name}.pem", self.directory / f"{name}.key"
        identity, joined = artefacts.device_id(certificate), action == "join"
        found = self.simulator.device(identity)
        if found is None:
            raise Failure(f"the device {identity} is not in the directory")
        artefacts.device_certificate(certificate, key, found, joined)
        for member, wanted in [("name", name), ("owner", USER), ("trust_type", "AzureAd" if joined else "Workplace")]:
            equal(f"{member} of the device", found[member], wanted)
        return Device(certificate, key, identity, joined)

    def prt(self, device: Device, file: str, *credential: str, client: str) -> dict[str, Any]:
        holds(self.run("prt", *device.pair(), *credential, "-f", file), "Obtained session key: ")
        prt = self.kept(file)
        artefacts.primary_refresh_token(prt, device.key, client)
        return prt

    def prt_by_refresh_token(self, device: Device, file: str) -> dict[str, Any]:
        self.tokens()
        return self.prt(device, file, "-r", "file", client=BROKER)

    def refused_prt(self, device: Device, code: int) -> None:
        self.tokens()
        said = self.run("prt", *device.pair(), "-r", "file", "-f", "refused.prt", ends_with=1)
        holds(said, f"AADSTS{code}: ", f'"error_codes":[{code}]')

    @once
    def tokens(self) -> dict[str, Any]:
        """Tokens of the broker for the registration service, in the client's usual file."""
        self.run("gettokens", *WITH_PASSWORD, *FOR_REGISTRATION)
        return self.judge_tokens(".roadtools_auth", REGISTRATION)

    @once
    def laptop(self) -> Device:
        return self.device("laptop", "join")

    @once
    def session(self) -> dict[str, Any]:
        """A PRT on the laptop."""
        return self.prt_by_refresh_token(self.laptop(), "roadtx.prt")

    def with_session(self) -> tuple[str, ...]:
        return ("--prt", self.session()["refresh_token"], "--prt-sessionkey", self.session()["session_key"])

    @scenario("nothing is trusted but the certificate authority that a file names")
    def trust(self) -> None:
        import certifi

        before = self.simulator.seen("token.password")
        code, said = outcome(self.start("gettokens", *WITH_PASSWORD, *FOR_REGISTRATION, ca=certifi.where()))
        equal("the exit code", code, 1)
        holds(said, "CERTIFICATE_VERIFY_FAILED")
        equal("the number of sign-ins seen", self.simulator.seen("token.password"), before)

    @scenario("sign-in by device code, version 1")
    def device_code_v1(self) -> None:
        self.device_code("code1", "-r", REGISTRATION)
        self.judge_tokens("code1", REGISTRATION)

    @scenario("sign-in by device code, version 2")
    def device_code_v2(self) -> None:
        self.device_code("code2", "-s", REGISTRATION_SCOPE)
        tokens = self.judge_tokens("code2", REGISTRATION_ID)
        artefacts.id_token(tokens["idToken"], BROKER, self.simulator.ca)

    def device_code(self, file: str, *what: str) -> None:
        client = self.start("gettokens", "--device-code", "-c", BROKER, *what, "-f", file)
        code = self.simulator.waiting_code()
        self.simulator.admin("approve", code, "--user", USER)
        ended, said = outcome(client)
        equal("the exit code", ended, 0)
        holds(said, f"https://microsoft.com/devicelogin and enter the code {code} ")

    @scenario("a declined device code")
    def declined(self) -> None:
        client = self.start("gettokens", "--device-code", *FOR_REGISTRATION, "-f", "declined")
        self.simulator.admin("deny", self.simulator.waiting_code(), "--user", USER)
        ended, said = outcome(client)
        equal("the exit code", ended, 1)
        holds(said, "The user declined the sign-in.")

    @scenario("sign-in by password, version 1")
    def password_v1(self) -> None:
        self.tokens()

    @scenario("sign-in by password, version 2")
    def password_v2(self) -> None:
        self.run("gettokens", *WITH_PASSWORD, "-t", DOMAIN, "-c", BROKER, "-s", REGISTRATION_SCOPE, "-f", "password2")
        tokens = self.judge_tokens("password2", REGISTRATION_ID)
        artefacts.id_token(tokens["idToken"], BROKER, self.simulator.ca)

    @scenario("a wrong password is refused with 50126")
    def wrong_password(self) -> None:
        said = self.run("gettokens", "-u", USER, "-p", "wrong", *FOR_REGISTRATION, "-f", "wrong", ends_with=1)
        holds(said, "AADSTS50126: ", "Trace ID: ", "Correlation ID: ", "Timestamp: ")

    @scenario("a refresh token brings a token for Graph, which says who it is")
    def graph(self) -> None:
        self.tokens()
        self.run("refreshtokento", "-c", BROKER, "-r", GRAPH, "--tokenfile", "graph")
        self.judge_tokens("graph", GRAPH)
        me = json.loads(self.run("graphrequest", "-f", "graph", "/v1.0/me"))
        equal("the object id", me["id"], USER_ID)

    @scenario("join")
    def join(self) -> None:
        self.laptop()

    @scenario("register")
    def register(self) -> None:
        self.device("phone", "register", "--device-type", "Linux", "--os-version", "Debian 12")

    @scenario("join with a transport key in JSON, and a PRT for it")
    def join_json_key(self) -> None:
        self.prt_by_refresh_token(self.device("mac", "join", "--device-type", "macos"), "mac.prt")

    @scenario("register with a transport key in JSON, and a PRT for it")
    def register_json_key(self) -> None:
        self.prt_by_refresh_token(self.device("tablet", "register", "--device-type", "android"), "tablet.prt")

    @scenario("PRT by password")
    def prt_by_password(self) -> None:
        self.prt(self.laptop(), "password.prt", *WITH_PASSWORD, client=BROKER_IDENTITY)

    @scenario("PRT by refresh token")
    def prt_by_token(self) -> None:
        self.session()

    @scenario("PRT renewal")
    def renewal(self) -> None:
        old = self.prt_by_refresh_token(self.laptop(), "renewed.prt")
        self.run("prt", "-a", "renew", "-f", "renewed.prt")
        new = self.kept("renewed.prt")
        artefacts.renewed_primary_refresh_token(new, BROKER_IDENTITY)
        equal("the session key", new["session_key"], old["session_key"])
        if new["refresh_token"] == old["refresh_token"]:
            raise Failure("the renewal brought the old PRT")
        self.prt_to_token("renewed.prt", "renewed", BROKER, REGISTRATION)

    @scenario("PRT protocol 3.0: a PRT, its renewal, and a token for it")
    def third_version(self) -> None:
        laptop = self.laptop()
        self.tokens()
        holds(self.run("prt", *laptop.pair(), "-v3", "-r", "file", "-f", "third.prt"), "Obtained session key: ")
        old = self.kept("third.prt")
        self.run("prt", "-a", "renew", "-v3", "-f", "third.prt")
        new = self.kept("third.prt")
        equal("the session key", new["session_key"], old["session_key"])
        if new["refresh_token"] == old["refresh_token"]:
            raise Failure("the renewal brought the old PRT")
        scope = f"{GRAPH}/.default openid profile offline_access"
        self.prt_to_token("third.prt", "third", BROKER, GRAPH, "-v3", "-s", scope)

    @scenario("a token of the device alone, and 221000 from a resource that takes none")
    def device_token(self) -> None:
        pair = self.laptop().pair()
        broker = ("--client", BROKER, "-ru", "msauth://Microsoft.AAD.BrokerPlugin", "--tokenfile", "device", "-t", DOMAIN)
        self.run("deviceauth", *pair, *broker, "-r", REGISTRATION)
        equal("the device", artefacts.verified(self.kept("device")["accessToken"], REGISTRATION, self.simulator.ca)["deviceid"], self.laptop().id)
        refused = self.run("deviceauth", *pair, *broker, "-r", GRAPH, ends_with=1)
        holds(refused, "AADSTS221000: ")

    @scenario("PRT to access token for the registration service")
    def prt_to_registration(self) -> None:
        self.session()
        self.prt_to_token("roadtx.prt", "registration", BROKER, REGISTRATION)

    @scenario("PRT to access token for Graph, as the Linux broker")
    def prt_to_graph(self) -> None:
        self.session()
        self.prt_to_token("roadtx.prt", "broker", LINUX_BROKER, GRAPH, "-ru", COMPANY_PORTAL_URI)

    def prt_to_token(self, prt: str, file: str, client: str, resource: str, *how: str) -> None:
        self.run("prtauth", "-f", prt, "-c", client, "-r", resource, "--tokenfile", file, *how)
        self.judge_tokens(file, resource, client, self.laptop().id)

    @scenario("a redirect URI that is not registered is refused with 50011")
    def unregistered(self) -> None:
        self.session()
        what = ("-c", LINUX_BROKER, "-r", GRAPH, "-ru", "https://elsewhere.example/")
        holds(self.run("prtauth", *what, "--tokenfile", "elsewhere", ends_with=1), "AADSTS50011: ")

    @scenario("SSO cookie, version 1")
    def cookie_v1(self) -> None:
        self.cookie("cookie1", "-r", GRAPH)

    @scenario("SSO cookie signed with the first key derivation")
    def cookie_first_derivation(self) -> None:
        self.cookie("cookie0", "-r", GRAPH, "--kdf-v1")

    @scenario("SSO cookie, version 2")
    def cookie_v2(self) -> None:
        tokens = self.cookie("cookie2", "-s", f"{GRAPH}/.default openid profile offline_access")
        artefacts.id_token(tokens["idToken"], EDGE, self.simulator.ca)

    def cookie(self, file: str, *how: str) -> dict[str, Any]:
        self.run("gettokens", "-c", EDGE, *self.with_session(), *how, "-f", file)
        return self.judge_tokens(file, GRAPH, EDGE, self.laptop().id)

    @scenario("SSO header, and the code redeemed by the client")
    def header(self) -> None:
        self.session()
        code = self.code_for(self.cookie_made("roadtx.prt"), EDGE, NATIVE_URI, GRAPH)
        self.redeem(code, "header", EDGE, NATIVE_URI, GRAPH)

    def cookie_made(self, prt: str) -> str:
        return self.run("prtcookie", "-f", prt).split("PRT cookie: ")[1].split()[0]

    def code_for(self, cookie: str, client: str, uri: str, resource: str, **more: str) -> str:
        """What a browser would be given that sends the credential as a header."""
        query = {"client_id": client, "response_type": "code", "redirect_uri": uri, "resource": resource, **more}
        reply = requests.get(
            f"{LOGIN}/common/oauth2/authorize",
            query,
            headers={"x-ms-RefreshTokenCredential": cookie},
            allow_redirects=False,
            verify=self.simulator.ca,
            timeout=10,
        )
        equal("the status", reply.status_code, 302)
        return parse_qs(urlparse(reply.headers["Location"]).query)["code"][0]

    def redeem(self, code: str, file: str, client: str, uri: str, resource: str) -> None:
        self.run("codeauth", "-c", client, "-r", resource, "-ru", uri, "-t", DOMAIN, "--tokenfile", file, code)
        self.judge_tokens(file, resource, client, self.laptop().id)

    @scenario("a Hello key needs a device and a fresh second factor, and brings a PRT")
    def hello(self) -> None:
        plain = self.run("winhello", "-k", "plain.key", "--access-token", self.tokens()["accessToken"])
        if "'kid'" in plain:
            raise Failure("a key was added with a password alone")
        self.device_code("fresh", "-r", REGISTRATION, "--force-ngcmfa")
        fresh = self.kept("fresh")["refreshToken"]
        self.prt(self.laptop(), "fresh.prt", "-r", fresh, client=BROKER)
        # A browser asks for the second factor, as prtenrich has it do.
        cookie = self.cookie_made("fresh.prt")
        code = self.code_for(cookie, REGISTRATION_CLIENT, REGISTRATION_CLIENT_URI, REGISTRATION, amr_values="ngcmfa")
        self.redeem(code, "strong", REGISTRATION_CLIENT, REGISTRATION_CLIENT_URI, REGISTRATION)
        said = self.run("winhello", "-k", "hello.key", "--access-token", self.kept("strong")["accessToken"])
        holds(said, "'kid': ", f"'upn': '{USER}'")
        self.prt(self.laptop(), "hello.prt", "-u", USER, "-hk", "hello.key", client=BROKER_IDENTITY)
        self.prt_to_token("hello.prt", "hello", BROKER, REGISTRATION)

    @scenario("a disabled device has no PRT (135011) until it is enabled again")
    def disabled(self) -> None:
        device = self.device("disabled", "join")
        self.simulator.admin("device", device.id, "disable")
        self.refused_prt(device, 135011)
        self.simulator.admin("device", device.id, "enable")
        self.prt_by_refresh_token(device, "enabled.prt")

    @scenario("a device that an administrator deleted has no PRT (50155)")
    def deleted(self) -> None:
        device = self.device("deleted", "join")
        self.simulator.admin("device", device.id, "delete")
        self.refused_prt(device, 50155)

    @scenario("device deletion, once and no more")
    def deletion(self) -> None:
        device = self.device("leaver", "join")
        holds(self.run("device", "-a", "delete", *device.pair()), "Device was deleted")
        equal("the object in the directory", self.simulator.device(device.id), None)
        self.refused_prt(device, 50155)
        said = self.run("device", "-a", "delete", *device.pair())
        holds(said, "Error deleting device:", '"subcode":"error_missing_device"')
