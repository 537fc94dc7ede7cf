#!/usr/bin/env bash
# Makes .venv from the lock files: `setup.sh run` with what the server needs, `setup.sh dev` with the tools too. It takes
# the first of Python 3.11 to 3.13, with which everything is tested, or `python3` if that is newer; PYTHON names another.
set -euo pipefail
cd "$(dirname "$0")/.."
kind=${1:?usage: setup.sh run|dev}
# A name on the path may be a shim for a version that is not there, so each is asked.
version() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2]); sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
python=
for candidate in ${PYTHON:-python3.11 python3.12 python3.13 python3}; do
  if command -v "$candidate" >/dev/null && version "$candidate" >/dev/null; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  if [ -n "${PYTHON:-}" ]; then
    echo "setup: PYTHON=$PYTHON is no Python 3.11 or newer" >&2
  else
    echo "setup: no Python 3.11 to 3.13 found; install one (Debian 12: apt-get install python3 python3-venv) or set PYTHON=/path/to/python3" >&2
  fi
  exit 1
fi
case $(version "$python") in
  3.11 | 3.12 | 3.13) ;;
  *) echo "setup: $python is newer than what is tested (3.11 to 3.13)" >&2 ;;
esac
if [ -n "${PYTHON:-}" ] && [ -x .venv/bin/python ] && [ "$(version .venv/bin/python)" != "$(version "$python")" ]; then
  echo "setup: .venv has another Python than PYTHON=$PYTHON"
  rm -rf .venv
fi
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
