"""Writes requirements.txt from requirements.in: each package with the hash of every wheel that may be installed.

Run by hand after a change of requirements.in; pip itself is asked, and downloads nothing.
"""

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).parent
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
MACHINES = ("x86_64", "aarch64")
# The names under which wheels for today's distributions are published.
PLATFORMS = ("manylinux2014", "manylinux_2_17", "manylinux_2_28", "manylinux_2_34")


def resolve(python: str, machine: str) -> list[tuple[str, str]]:
    """What pip would install there: `name==version` and the SHA-256 of the wheel."""
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.json"
        platforms = [f"--platform={platform}_{machine}" for platform in PLATFORMS]
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--no-deps"]
            + ["--only-binary=:all:", f"--python-version={python}", f"--target={directory}", *platforms]
            + [f"--report={report}", "-r", str(HERE / "requirements.in")],
            check=True,
        )
        items = json.loads(report.read_text())["install"]
    return [
        (
            f"{item['metadata']['name']}=={item['metadata']['version']}",
            item["download_info"]["archive_info"]["hashes"]["sha256"],
        )
        for item in items
    ]


def main() -> None:
    hashes: defaultdict[str, set[str]] = defaultdict(set)
    for python in PYTHONS:
        for machine in MACHINES:
            for pinned, sha256 in resolve(python, machine):
                hashes[pinned].add(sha256)
    lines = ["# Made by pin.py from requirements.in: wheels for Linux on x86_64 and aarch64."]
    for pinned in sorted(hashes, key=str.lower):
        lines.append(" \\\n    ".join([pinned, *(f"--hash=sha256:{it}" for it in sorted(hashes[pinned]))]))
    (HERE / "requirements.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
