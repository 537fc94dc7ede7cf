#!/usr/bin/env bash
# Makes .venv from the lock files: `setup.sh run` with what the server needs, `setup.sh dev` with the tools too.
set -euo pipefail
cd "$(dirname "$0")/.."
kind=${1:?usage: setup.sh run|dev}
python=${PYTHON:-}
if [ -z "$python" ]; then
  for candidate in python3.11 python3.12 python3.13 python3.14 python3; do
    if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))'; then
      python=$candidate
      break
    fi
  done
fi
[ -n "$python" ] || { echo "setup: no Python 3.11 to 3.14 found; install one (Debian 12: apt-get install python3 python3-venv) or set PYTHON=/path/to/python3" >&2; exit 1; }
if [ ! -x .venv/bin/python ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
  echo "setup: creating .venv with $python"
  rm -rf .venv
  if ! "$python" -m venv .venv; then
    # Debian ships Python without ensurepip until python3-venv is there.
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
      echo "setup: installing python3-venv"
      apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
      rm -rf .venv
      "$python" -m venv .venv
    else
      echo "setup: '$python -m venv' failed; on Debian run: apt-get install python3-venv" >&2
      exit 1
    fi
  fi
fi
stamp=.venv/.$kind.stamp
if [ ! -f "$stamp" ] || [ pyproject.toml -nt "$stamp" ] || [ "requirements/$kind.lock" -nt "$stamp" ]; then
  echo "setup: installing requirements/$kind.lock"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary=:all: -r "requirements/$kind.lock"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
  touch "$stamp"
  [ "$kind" = run ] || touch .venv/.run.stamp
fi
