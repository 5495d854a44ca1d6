"""Fuzzing of what reads a stranger's bytes (`make fuzz SECONDS=600`): path, query, cookie header, code and password.

    python -m benchmarks.fuzz path [options of libFuzzer]

The checks are orthanc_plugin/tests/properties/hostile.py: no exception, nothing for a stranger, for a recipient only
what the canonical form of the route allows. Engine: atheris (https://github.com/google/atheris). `corpus` holds one
folder for each target, minimised; the unit tests replay it. A crash leaves a file `crash-…` in build/fuzz: add it to
the corpus once the fault is mended. Without options, what is new goes to build/fuzz/TARGET.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["orthanc_plugin", "http.cookies"]):
    from orthanc_plugin.tests.properties import hostile

BUILD = Path(__file__).parent.parent.parent / "build" / "fuzz"


def dictionary() -> Path:
    """Words for libFuzzer, one a line, in its own escapes."""
    lines = ('"' + "".join(f"\\x{byte:02x}" for byte in word.encode()) + '"' for word in hostile.words())
    file = BUILD / f"words-{sys.argv[1]}.txt"
    file.write_text("\n".join(lines) + "\n", encoding="ascii")
    return file


def main() -> None:
    """Fuzz one target; ends with libFuzzer's own exit status."""
    target, options = sys.argv[1], sys.argv[2:]
    check = hostile.CHECKS[target]
    found = BUILD / target
    found.mkdir(parents=True, exist_ok=True)
    hostile.scene()
    common = [f"-dict={dictionary()}", f"-artifact_prefix={BUILD}/", "-max_len=400", "-timeout=10"]
    folders = (
        [] if any(not option.startswith("-") for option in options) else [str(found), str(hostile.CORPUS / target)]
    )
    atheris.Setup([sys.argv[0], *common, *options, *folders], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
