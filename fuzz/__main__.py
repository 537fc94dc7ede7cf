"""`python -m fuzz xccos [corpus] [-max_total_time=60 ...]`: run a target until it breaks or is stopped (needs Atheris).

It begins with the target's seeds. What is found beyond them is kept in the corpus that is named, if any; the options
are libFuzzer's.
"""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import NoReturn

TARGETS = sorted(path.stem.removeprefix("fuzz_") for path in Path(__file__).parent.glob("fuzz_*.py"))


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"usage: python -m fuzz {'|'.join(TARGETS)} [corpus] [options of libFuzzer]")
    program, name, *rest = sys.argv
    target = _load(name)
    with tempfile.TemporaryDirectory(prefix="parlour-fuzz-") as seeds:
        for number, data in enumerate(target.seeds() if hasattr(target, "seeds") else ()):
            Path(seeds, f"{number:03}").write_bytes(data)
        # Atheris ends its process without coming back, so somebody else has to clean up.
        child = os.fork() or _fuzz(target, [program, *rest, seeds])
        _, status = os.waitpid(child, 0)
    sys.exit(os.waitstatus_to_exitcode(status))


def _load(name: str) -> ModuleType:
    """The target, with our own code made to show the fuzzer its branches: all there is would take half a minute."""
    import atheris

    with atheris.instrument_imports(include=["parlour"]):
        return importlib.import_module(f"fuzz.fuzz_{name}")


def _fuzz(target: ModuleType, arguments: Sequence[str]) -> NoReturn:
    import atheris

    atheris.Setup(list(arguments), target.check)
    atheris.Fuzz()
    os._exit(0)


if __name__ == "__main__":
    main()
