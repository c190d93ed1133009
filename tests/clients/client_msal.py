"""msal for Python: sign-in and silent renewal through Microsoft's own library."""

import threading
import warnings
from typing import Any

import msal
import requests

import artefacts
from harness import (
    BROKER,
    DOMAIN,
    GRAPH,
    LINUX_BROKER,
    LOGIN,
    PASSWORD,
    PATIENCE,
    REGISTRATION_ID,
    TENANT,
    USER,
    USER_ID,
    Client,
    Failure,
    equal,
    holds,
    scenario,
)

FOR_REGISTRATION = [f"{REGISTRATION_ID}/.default"]
FOR_GRAPH = [f"{GRAPH}/.default"]
# The library warns that sign-in by password is going out of use.
warnings.filterwarnings("ignore", category=DeprecationWarning, module="msal")

Reply = dict[str, Any]


class Msal(Client):
    name = "msal"

    def application(self, authority: str, client: str = BROKER, **more: Any) -> msal.PublicClientApplication:
        return msal.PublicClientApplication(
            client, authority=f"{LOGIN}/{authority}", verify=self.simulator.ca, timeout=10, **more
        )

    def by_password(
        self,
        authority: str,
        password: str = PASSWORD,
        user: str = USER,
        client: str = BROKER,
        scopes: tuple[str, ...] = tuple(FOR_REGISTRATION),
    ) -> Reply:
        application = self.application(authority, client)
        reply: Reply = application.acquire_token_by_username_password(user, password, list(scopes))
        return reply

    def judge(self, reply: Reply, audience: str = REGISTRATION_ID) -> None:
        if "error" in reply:
            raise Failure(f"refused: {reply['error']}: {reply.get('error_description')}")
        artefacts.access_token(reply["access_token"], audience, self.simulator.ca)
        artefacts.id_token(reply["id_token"], BROKER, self.simulator.ca)
        equal("the name in the library's own reading", reply["id_token_claims"]["preferred_username"], USER)

    @scenario("nothing is trusted but the certificate authority that a file names")
    def trust(self) -> None:
        try:
            msal.PublicClientApplication(BROKER, authority=f"{LOGIN}/{DOMAIN}", verify=True)
        except requests.exceptions.SSLError as error:
            holds(str(error), "CERTIFICATE_VERIFY_FAILED")
        else:
            raise Failure("the stand-in was trusted without its certificate authority")

    @scenario("sign-in by password at the tenant's id, after a look at the user's realm")
    def password_tenant(self) -> None:
        before = self.simulator.seen("realm")
        self.judge(self.by_password(TENANT))
        equal("the number of looks at the realm", self.simulator.seen("realm"), before + 1)

    @scenario("sign-in by password at the domain")
    def password_domain(self) -> None:
        self.judge(self.by_password(DOMAIN))

    @scenario("sign-in by password at organizations")
    def password_organizations(self) -> None:
        self.judge(self.by_password("organizations"))

    @scenario("sign-in by password for a scope of Graph by its bare name")
    def bare_scope(self) -> None:
        self.judge(self.by_password(DOMAIN, scopes=("User.Read",)), GRAPH)

    @scenario("sign-in by device code at the tenant's id")
    def code_tenant(self) -> None:
        self.judge(self.by_device_code(TENANT))

    @scenario("sign-in by device code at the domain")
    def code_domain(self) -> None:
        self.judge(self.by_device_code(DOMAIN))

    @scenario("sign-in by device code at organizations")
    def code_organizations(self) -> None:
        self.judge(self.by_device_code("organizations"))

    @scenario("sign-in by device code at common")
    def code_common(self) -> None:
        self.judge(self.by_device_code("common"))

    @scenario("a declined device code")
    def declined(self) -> None:
        reply = self.by_device_code(DOMAIN, "deny")
        equal("the error", reply.get("error"), "authorization_declined")

    def by_device_code(self, authority: str, answer: str = "approve") -> Reply:
        application = self.application(authority)
        flow: dict[str, Any] = application.initiate_device_flow(FOR_REGISTRATION)
        if "user_code" not in flow:
            raise Failure(f"no code: {flow.get('error_description', flow)}")
        equal("the waiting code", self.simulator.waiting_code(), flow["user_code"])
        holds(flow["message"], flow["user_code"], "https://microsoft.com/devicelogin")
        person = threading.Thread(target=self.simulator.admin, args=(answer, flow["user_code"], "--user", USER))
        person.start()
        # The library stops to poll where its copy of the expiry is over.
        flow["expires_at"] = min(flow["expires_at"], flow["expires_at"] - flow["expires_in"] + PATIENCE)
        reply: Reply = application.acquire_token_by_device_flow(flow)
        person.join()
        return reply

    @scenario("a silent answer from the cache, then from the service, then for another resource")
    def silent(self) -> None:
        application = self.application(DOMAIN)
        self.judge(application.acquire_token_by_username_password(USER, PASSWORD, FOR_REGISTRATION))
        (account,) = application.get_accounts()
        equal("the account", account["home_account_id"], f"{USER_ID}.{TENANT}")
        refreshed = self.simulator.seen("token.refresh")
        cached = application.acquire_token_silent(FOR_REGISTRATION, account)
        equal("the source", (cached or {}).get("token_source"), "cache")
        equal("the number of refreshes", self.simulator.seen("token.refresh"), refreshed)
        self.judge(self.silently(application, account, FOR_REGISTRATION, force_refresh=True))
        self.judge(self.silently(application, account, FOR_GRAPH), GRAPH)
        equal("the number of refreshes", self.simulator.seen("token.refresh"), refreshed + 2)

    @scenario("instance discovery: an alias of the host shares its cache, and a strange host is refused")
    def instance_discovery(self) -> None:
        before = self.simulator.seen("instance")
        cache = msal.SerializableTokenCache()
        first = self.application(DOMAIN, token_cache=cache)
        self.judge(first.acquire_token_by_username_password(USER, PASSWORD, FOR_REGISTRATION))
        alias = {"authority": f"https://login.windows.net/{DOMAIN}", "verify": self.simulator.ca}
        second = msal.PublicClientApplication(BROKER, token_cache=cache, **alias)
        equal("the accounts", [it["username"] for it in second.get_accounts()], [USER])
        equal("the number of instance discoveries", self.simulator.seen("instance"), before + 1)
        try:
            strange = {**alias, "authority": f"https://elsewhere.example/{DOMAIN}"}
            msal.PublicClientApplication(BROKER, **strange)
        except ValueError as error:
            holds(str(error), "invalid_instance")
        else:
            raise Failure("a strange host was taken for an authority")

    @scenario("a silent renewal from a stored cache, in a new application")
    def stored_cache(self) -> None:
        cache = msal.SerializableTokenCache()
        first = self.application(DOMAIN, token_cache=cache)
        self.judge(first.acquire_token_by_username_password(USER, PASSWORD, FOR_REGISTRATION))
        restored = msal.SerializableTokenCache()
        restored.deserialize(cache.serialize())
        second = self.application(TENANT, token_cache=restored)
        (account,) = second.get_accounts(USER)
        self.judge(self.silently(second, account, FOR_REGISTRATION, force_refresh=True))

    def silently(self, application: Any, account: Any, scopes: list[str], **how: Any) -> Reply:
        reply: Reply | None = application.acquire_token_silent_with_error(scopes, account, **how)
        if reply is None:
            raise Failure("nothing in the cache can be renewed")
        return reply

    @scenario("an unknown tenant is refused with 90002")
    def unknown_tenant(self) -> None:
        for name in ["unknown.example", "99999999-2222-3333-4444-555555555555"]:
            try:
                self.application(name)
            except ValueError as error:
                # The library keeps the service's own words in the error before.
                holds(str(error.__context__), "HTTP status: 400", "invalid_tenant", "AADSTS90002: ")
            else:
                raise Failure(f"{name} is no tenant")

    @scenario("a wrong password is refused with 50126")
    def wrong_password(self) -> None:
        self.refused(self.by_password(DOMAIN, "wrong"), 50126)

    @scenario("an unknown user is refused with 50034")
    def unknown_user(self) -> None:
        self.refused(self.by_password(DOMAIN, user=f"nobody@{DOMAIN}"), 50034)

    @scenario("a client that is not authorised for a resource is refused with 65002")
    def not_authorised(self) -> None:
        self.refused(self.by_password(DOMAIN, client=LINUX_BROKER), 65002)

    def refused(self, reply: Reply, code: int) -> None:
        equal("the error", reply.get("error"), "invalid_grant")
        equal("the codes", reply.get("error_codes"), [code])
        holds(reply["error_description"], f"AADSTS{code}: ")
