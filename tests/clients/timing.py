"""How long roadlib takes for what `cargo xtask bench login` times of Firmament, against a simulator of the same kind.

One process does everything, so that neither its start nor its imports count.
A join writes the key and the certificate to files, as roadlib does it.
"""

import argparse
import contextlib
import io
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import namespace
from harness import BROKER, DOMAIN, PASSWORD, REGISTRATION, USER, Failure, Simulator


def from_nothing(name: str) -> None:
    """A sign-in by password, a join, and a primary refresh token."""
    session, device = fresh()
    session.username, session.password = USER, PASSWORD
    tokens = session.authenticate_username_password_native()
    if not device.register_device(tokens["accessToken"], certout=f"{name}.pem", privout=f"{name}.key", device_name=name):
        raise Failure("the join was refused")
    device.loadcert(f"{name}.pem", f"{name}.key")
    obtained(device.get_prt_with_refresh_token(tokens["refreshToken"]))


def daily(name: str) -> None:
    """A primary refresh token by password, on a device that is there."""
    _, device = fresh()
    device.loadcert(f"{name}.pem", f"{name}.key")
    obtained(device.get_prt_with_password(USER, PASSWORD))


def fresh():  # type: ignore[no-untyped-def]
    """A session without any connection, and the device beside it."""
    from roadtools.roadlib.auth import Authentication
    from roadtools.roadlib.deviceauth import DeviceAuthentication

    session = Authentication()
    session.set_client_id(BROKER)
    session.set_resource_uri(REGISTRATION)
    session.tenant = DOMAIN
    return session, DeviceAuthentication(session)


def obtained(prt: dict[str, str]) -> None:
    if not prt.get("session_key"):
        raise Failure("no primary refresh token came")


def median_ms(rounds: int, work: Callable[[int], None]) -> float:
    times = []
    for number in range(rounds):
        begun = time.monotonic()
        with contextlib.redirect_stdout(io.StringIO()):
            work(number)
        times.append((time.monotonic() - begun) * 1000)
    return statistics.median(times)


def measured(stand_in: Simulator, rounds: int, answers: list[int]) -> dict[str, list[float]]:
    """By kind of sign-in, the median in milliseconds for each latency of an answer."""
    times: dict[str, list[float]] = {"from_nothing": [], "daily": []}
    for latency in answers:
        knobs = stand_in.directory / "knobs.json"
        knobs.write_text(json.dumps({"latency_ms": {"*": latency}}))
        stand_in.admin("knobs", "--merge", str(knobs))
        times["from_nothing"].append(median_ms(rounds, lambda number: from_nothing(f"bench{latency}x{number}")))
        times["daily"].append(median_ms(rounds, lambda _: daily(f"bench{latency}x0")))
    return times


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulator", type=Path, required=True, help="the program entra-simulator")
    parser.add_argument("--work", type=Path, required=True, help="an empty directory")
    parser.add_argument("--rounds", type=int, default=9, help="of each kind and latency")
    parser.add_argument("--answers", type=int, nargs="+", default=[0, 50], help="what an answer takes, in ms")
    options = parser.parse_args()
    program, work = options.simulator.resolve(), options.work.resolve()
    try:
        namespace.enter(program, work)
        stand_in = Simulator(program, work / "simulator")
        try:
            os.environ["REQUESTS_CA_BUNDLE"] = stand_in.ca
            os.chdir(work)
            times = measured(stand_in, options.rounds, options.answers)
        finally:
            stand_in.stop()
    except Failure as failure:
        print(f"timing: {failure}", file=sys.stderr)
        return 1
    (work / "times.json").write_text(json.dumps(times))
    return 0


if __name__ == "__main__":
    sys.exit(main())
