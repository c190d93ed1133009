"""What the scenarios of every client share: the simulator, checks, and how a result is told."""

import json
import os
import subprocess
import traceback
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any, ClassVar, TypeVar

# The simulator's built-in seed.
TENANT = "11111111-2222-3333-4444-555555555555"
DOMAIN = "contoso.com"
USER = "alex@contoso.com"
USER_ID = "aaaabbbb-cccc-dddd-eeee-ffff00001111"
PASSWORD = "Correct-Horse-1"

# First-party clients and resources.
BROKER = "29d9ed98-a469-4536-ade2-f981bc1d605e"
LINUX_BROKER = "b743a22d-6705-4147-8670-d92fa515ee2b"
EDGE = "d7b530a4-7680-4c23-a8bf-c52c121d2e87"
REGISTRATION = "urn:ms-drs:enterpriseregistration.windows.net"
REGISTRATION_ID = "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9"
GRAPH = "https://graph.microsoft.com"
LOGIN = "https://login.microsoftonline.com"

# Seconds for one run of a client or one answer of the simulator; all of them take about one.
PATIENCE = 30


class Failure(Exception):
    """A scenario did not go as it should."""


def equal(what: str, got: object, wanted: object) -> None:
    if got != wanted:
        raise Failure(f"{what} is {got!r} instead of {wanted!r}")


def gist(said: str) -> str:
    """The end of what a program said; of a traceback, the error alone."""
    return said.strip().splitlines()[-1] if "Traceback" in said else said[-600:]


def holds(text: str, *wanted: str) -> None:
    """Each of the wanted texts is part of what a program said."""
    for part in wanted:
        if part not in text:
            raise Failure(f"{part!r} is missing in {gist(text)!r}")


def program(arguments: list[str], directory: Path, environment: dict[str, str]) -> "subprocess.Popen[str]":
    """Starts a program that sees nothing of our environment but the path."""
    return subprocess.Popen(
        arguments,
        cwd=directory,
        env={"PATH": os.environ["PATH"], "HOME": str(directory), "LANG": "C.UTF-8", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def outcome(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Waits for a program: its exit code and what it said."""
    try:
        said, _ = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        said, _ = process.communicate()
        raise Failure(f"no end after {PATIENCE} s: {gist(said)!r}") from None
    return process.returncode, said


class Simulator:
    """One stand-in, on the port and with the host names of the real service."""

    def __init__(self, executable: Path, directory: Path) -> None:
        self.executable = str(executable)
        self.directory = directory
        directory.mkdir()
        self.process = program(
            [self.executable, "serve", "--public-hosts", "--listen=127.0.0.1:443", "--admin=127.0.0.1:0"]
            + [f"--state={directory}", "--poll-interval=1"],
            directory,
            {},
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line.startswith("ready "):
            raise Failure(f"the simulator does not start: {line + outcome(self.process)[1]!r}")
        words = dict(word.split("=", 1) for word in line.split()[1:])
        self.address, self.ca = words["admin"], words["ca"]

    def stop(self) -> None:
        self.process.terminate()
        outcome(self.process)

    def admin(self, *arguments: str) -> str:
        """A command of the simulator's own command line."""
        command = [self.executable, arguments[0], "--admin", self.address, *arguments[1:]]
        code, said = outcome(program(command, self.directory, {}))
        if code != 0:
            raise Failure(f"entra-simulator {' '.join(arguments)} ended with {code}: {said}")
        return said

    def listed(self, what: str) -> list[dict[str, Any]]:
        result: list[dict[str, Any]] = json.loads(self.admin(what, "--json"))
        return result

    def device(self, device_id: str) -> dict[str, Any] | None:
        return next((it for it in self.listed("devices") if it["id"] == device_id), None)

    def seen(self, request: str) -> int:
        """How many requests of this name have arrived."""
        count: int = json.loads(self.admin("counters", "--json"))["requests_by_name"].get(request, 0)
        return count

    def waiting_code(self) -> str:
        """The one device code that waits for a person, as soon as there is one."""
        self.admin("wait", "--codes", "1")
        codes = self.listed("codes")
        equal("the number of waiting codes", len(codes), 1)
        code: str = codes[0]["user_code"]
        return code


class Client:
    """A client that nobody here wrote; its scenarios are the methods marked so, in their order."""

    name: ClassVar[str]
    # Whether it runs on Node, and where its packages are then.
    needs_node: ClassVar[bool] = False
    node: ClassVar[Path] = Path()

    def __init__(self, simulator: Simulator, directory: Path) -> None:
        self.simulator = simulator
        self.directory = directory
        directory.mkdir()


Method = TypeVar("Method", bound=Callable[..., None])


def scenario(title: str) -> Callable[[Method], Method]:
    """Marks a method of a `Client`; it stands on its own, and what it needs it makes."""

    def mark(method: Method) -> Method:
        method.scenario_title = title  # type: ignore[attr-defined]
        return method

    return mark


Made = TypeVar("Made")


def once(method: Callable[[Any], Made]) -> Callable[[Any], Made]:
    """What several scenarios of a client need: the first of them makes it."""
    made: dict[Any, Made] = {}

    @wraps(method)
    def given(client: Any) -> Made:
        if client not in made:
            made[client] = method(client)
        return made[client]

    return given


def scenarios(client: type[Client]) -> Iterator[tuple[str, Callable[[Client], None]]]:
    for method in vars(client).values():
        if hasattr(method, "scenario_title"):
            yield method.scenario_title, method


def verdict(client: Client, method: Callable[[Client], None]) -> str | None:
    """Runs one scenario: why it failed, on one line, or nothing."""
    try:
        method(client)
    except Failure as failure:
        return " ".join(str(failure).split())
    except Exception as error:  # Whatever a stranger's code throws is the verdict of this scenario alone.
        traceback.print_exc()
        return " ".join(f"{type(error).__name__}: {error}".split())[:600]
    return None
