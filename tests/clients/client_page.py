"""The page "Test your own client": its examples, run as they stand, with a stand-in of their own."""

import os
import re
import sys
from pathlib import Path

from harness import Client, Failure, Simulator, holds, outcome, program, scenario

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "test-your-client.md"


def blocks(name: str, page: Path = PAGE) -> list[str]:
    """The fenced examples of this name, in their order."""
    found = re.findall(rf"^```\w+ {re.escape(name)}\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    if not found:
        raise Failure(f"{page.name} has no example {name!r}")
    return found


class Example(Client):
    """A client of the page, and the tenant of the page, which is started as the page says."""

    name = "page"
    # Name of the examples, ending of their files, what runs them.
    example: tuple[str, str, list[str]]

    def __init__(self, simulator: Simulator, directory: Path) -> None:
        super().__init__(simulator, directory)
        (directory / "seed.json").write_text(blocks("seed")[0])
        bin_directory = directory / "bin"
        bin_directory.mkdir()
        (bin_directory / "entra-simulator").symlink_to(simulator.executable)
        self.environment = {
            "PATH": f"{bin_directory}:{os.environ['PATH']}",
            "REQUESTS_CA_BUNDLE": "/tmp/entra-ca/ca.pem",
            "NODE_EXTRA_CA_CERTS": "/tmp/entra-ca/ca.pem",
        }

    def run(self) -> list[str]:
        """Runs every example of the client: what each said."""
        start = blocks("start")[0].replace("entra-simulator serve", "exec entra-simulator serve")
        service = program(["sh", "-ec", start], self.directory, self.environment)
        try:
            assert service.stdout is not None
            line = service.stdout.readline()
            if not line.startswith("ready "):
                raise Failure(f"the tenant of the page does not start: {line!r}")
            return [self.one(number, text) for number, text in enumerate(blocks(self.example[0]))]
        finally:
            service.terminate()
            outcome(service)

    def one(self, number: int, text: str) -> str:
        """Runs one example, which must succeed: what it said."""
        name, ending, runner = self.example
        file = self.directory / f"{name}-{number}{ending}"
        file.write_text(text)
        code, said = outcome(program([*runner, str(file)], self.directory, self.environment))
        if code != 0:
            raise Failure(f"{PAGE.name}, {name} {number + 1} ended with {code}: {said[-2000:]}")
        return said


class Curl(Example):
    name = "curl"
    example = ("curl", ".sh", ["sh", "-eu"])

    @scenario("the examples of the page")
    def page(self) -> None:
        first, second, third = self.run()
        holds(first, '"issuer":', '"sub":', '"refresh_token":')
        holds(second, '"access_token":')
        holds(third, '"device_code":')


class Namespace(Example):
    name = "namespace"
    example = ("namespace", ".sh", ["sh", "-eu"])

    @scenario("the example of the page for clients with hard-coded hosts")
    def page(self) -> None:
        said = self.one(0, blocks("namespace", DOCS / "simulator.md")[0])
        holds(said, '"issuer":"https://login.microsoftonline.com/', '"token_endpoint":')


class Authlib(Example):
    name = "authlib"
    example = ("authlib", ".py", [sys.executable])

    @scenario("the example of the page")
    def page(self) -> None:
        holds(self.run()[0], "authlib is content")


class OnNode(Example):
    """A client on Node, whose packages are in the directory that `--node` names."""

    name = "node"
    needs_node = True

    def run(self) -> list[str]:
        (self.directory / "node_modules").symlink_to(self.node / "node_modules")
        return super().run()


class MsalNode(OnNode):
    name = "msal-node"
    example = ("msal-node", ".mjs", ["node"])

    @scenario("the example of the page")
    def page(self) -> None:
        holds(self.run()[0], "msal-node is content")


class OpenidClient(OnNode):
    name = "openid-client"
    example = ("openid-client", ".mjs", ["node"])

    @scenario("the example of the page")
    def page(self) -> None:
        holds(self.run()[0], "openid-client is content")
