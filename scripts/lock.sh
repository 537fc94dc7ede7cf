#!/usr/bin/env bash
# Renews requirements/*.lock from pyproject.toml (needs `uv`); run it after changing a dependency.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=${UV:-uv}
compile() { "$uv" pip compile pyproject.toml "$@" --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --quiet; }
printf '%s\n' 'editables>=0.5' 'hatchling>=1.27' > requirements/build.in
compile requirements/build.in -o requirements/run.lock
compile requirements/build.in --group dev -o requirements/dev.lock
