"""The network that `cargo xtask clients` makes: nothing but loopback, and the names of the real service lead there."""

import socket
import subprocess
from pathlib import Path

from harness import Failure


def done(*command: str) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise Failure(f"{' '.join(command)}: {result.stderr.strip()}")
    return result.stdout


def cover(file: str, ours: Path, content: str) -> None:
    """Puts a file of ours over one of the machine, for this mount namespace alone."""
    ours.write_text(content)
    if Path(file).exists():
        done("mount", "--bind", str(ours), file)


def enter(simulator: Path, work: Path) -> None:
    """Refuses to run where there is a network; what is changed here ends with the namespace."""
    interfaces = [name for _, name in socket.if_nameindex()]
    if interfaces != ["lo"]:
        raise Failure(f"there is a network here ({', '.join(interfaces)}); run cargo xtask clients")
    done("ip", "link", "set", "lo", "up")
    hosts = done(str(simulator), "hosts")
    cover("/etc/hosts", work / "hosts", hosts)
    # Otherwise a resolver daemon would be asked through its Unix socket, which no namespace hides.
    cover("/etc/nsswitch.conf", work / "nsswitch.conf", "hosts: files\n")
    for line in hosts.splitlines():
        address, name = line.split()
        if (found := socket.gethostbyname(name)) != address:
            raise Failure(f"{name} leads to {found} instead of {address}")
