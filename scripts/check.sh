#!/usr/bin/env bash
# The fast loop: format, lint, types, imports, core tests. Under a minute.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
$bin/ruff format --check .
$bin/ruff check .
$bin/mypy
$bin/lint-imports
$bin/pytest -q -m "not slow and not interop" tests/sip tests/xccos tests/rooms tests/test_docs.py
