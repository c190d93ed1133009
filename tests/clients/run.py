"""Runs every scenario of every `client_*.py` beside this file; each client meets a simulator of its own.

Meant for the network namespace that `cargo xtask clients` makes, and refuses to run where there is a network.
"""

import argparse
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import namespace
from harness import Client, Failure, Simulator, scenarios, verdict


def clients() -> list[type[Client]]:
    """The classes of the client modules, by file name."""
    for path in sorted(Path(__file__).parent.glob("client_*.py")):
        importlib.import_module(path.stem)
    return list(leaves(Client))


def leaves(kind: type[Client]) -> Iterator[type[Client]]:
    """The classes that no other one is made from."""
    for below in kind.__subclasses__():
        yield from leaves(below) if below.__subclasses__() else [below]


def judge(kind: type[Client], simulator: Path, work: Path, only: str, node: Path | None) -> list[bool]:
    chosen = [(title, method) for title, method in scenarios(kind) if only in f"{kind.name} | {title}"]
    if not chosen or (kind.needs_node and node is None):
        return []
    kind.node = node or kind.node
    stand_in = Simulator(simulator, work / f"{kind.name}-simulator")
    results = []
    try:
        client = kind(stand_in, work / kind.name)
        for title, method in chosen:
            why = verdict(client, method)
            print(f"{kind.name} | {title} | {'ok' if why is None else f'FAILED {why}'}", flush=True)
            results.append(why is None)
    finally:
        stand_in.stop()
    return results


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulator", type=Path, required=True, help="the program entra-simulator")
    parser.add_argument("--work", type=Path, required=True, help="an empty directory")
    parser.add_argument("--only", default="", help="only the scenarios whose line contains this text")
    parser.add_argument("--node", type=Path, help="where the packages of the clients on Node are; without it they rest")
    options = parser.parse_args()
    program = options.simulator.resolve()
    try:
        namespace.enter(program, options.work)
        results = [it for kind in clients() for it in judge(kind, program, options.work, options.only, options.node)]
    except Failure as failure:
        print(f"clients: {failure}", file=sys.stderr)
        return 1
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
