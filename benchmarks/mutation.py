"""`make mutation`: does any test notice when a line of what decides is changed?

mutmut (https://mutmut.readthedocs.io, version 2) changes one operator, number, word or pattern at a time in a copy of
the source and runs the tests of that file. At least 95 of 100 changes must make a test fail; those that do not are
printed. Two are known that change nothing: another text in place of a missing Cookie header that holds no cookie of
ours either, and, behind the first untrusted hop, going on without taking any further one. Regular expressions are not
changed: what passes their edges is in tests/properties. The tool lies in build/mutation, apart from the environment
that the tests run in.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
WORK = ROOT / "build" / "mutation"
TOOL = "mutmut==2.5.1"
COPIED = ("orthanc_plugin", "viewer_theme", "docs", "benchmarks", "pyproject.toml")
GOAL = 0.95
TESTS = {
    "domain/policy.py": "domain/test_policy.py properties/test_policy_page.py",
    "web/request.py": "web/test_request.py properties/test_request_edges.py",
    "web/own_paths.py": "web/test_own_paths.py properties/test_own_path_edges.py",
    "viewers/orthanc_web_viewer.py": "viewers/test_orthanc_web_viewer.py properties/test_viewer_edges.py",
}
# "Suspicious" is a failure that took long.
KILLED = ("ok_killed", "ok_suspicious", "bad_timeout")


def mutmut(folder: Path, *arguments: str) -> str:
    """Run the tool in the copy; answers what it prints."""
    environment = {**os.environ, "PYTHONPATH": str(WORK / "tool"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "mutmut", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def mutate(file: str, tests: str) -> tuple[Counter[str], str]:
    """All changes of one file: how many ended how, and what survived."""
    folder = WORK / Path(file).stem
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    found = " ".join(f"orthanc_plugin/tests/{test}" for test in tests.split())
    # These tests need none of the fixtures, which take longer to import than the tests to run.
    quick = "-x -q --noconftest --hypothesis-profile ci -p no:cacheprovider"
    # The tool takes no status but 1 for a failure; a change that cannot even be imported ends with another one.
    runner = f"sh -c '{sys.executable} -m pytest {quick} {found} || exit 1'"
    options = ["--tests-dir", "orthanc_plugin/tests", "--no-progress", "--simple-output", "--runner", runner]
    said = mutmut(folder, "run", "--paths-to-mutate", f"orthanc_plugin/{file}", *options)
    if not (folder / ".mutmut-cache").exists():
        raise RuntimeError(said[-2000:])
    with sqlite3.connect(folder / ".mutmut-cache") as cache:
        states = Counter(state for (state,) in cache.execute("select status from Mutant"))
        left = [number for (number,) in cache.execute("select id from Mutant where status not in (?, ?, ?)", KILLED)]
    if not states or states["untested"]:
        raise RuntimeError(said[-2000:])
    return states, "\n".join(mutmut(folder, "show", str(number)).strip() for number in left)


def main(wanted: list[str]) -> int:
    """Run for the files named, or for all; answers 1 where too many changes survive."""
    WORK.mkdir(parents=True, exist_ok=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--upgrade"]
    subprocess.run([*pip, "--target", str(WORK / "tool"), TOOL], check=True)
    total: Counter[str] = Counter()
    for file, tests in TESTS.items():
        if wanted and file not in wanted:
            continue
        states, survivors = mutate(file, tests)
        total += states
        print(f"{file}: {sum(states[state] for state in KILLED)} of {states.total()} changes were noticed", flush=True)
        if survivors:
            print(survivors, flush=True)
    noticed = sum(total[state] for state in KILLED) / total.total()
    print(f"{noticed:.1%} of {total.total()} changes were noticed; the goal is {GOAL:.0%}")
    return 0 if noticed >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
