"""Whatever strangers write is read without a surprise: invariants, and the fuzzer that looks for what breaks them.

A target is a module `fuzz_<name>` with `check(data)`, which raises when the invariant does not hold, and, where there
is something to begin with, `seeds()`. `python -m fuzz` runs one; hypothesis tests use the same invariants.
"""
