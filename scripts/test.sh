#!/usr/bin/env bash
# Everything that CI runs. As root it installs what the interop groups and the bench need from Debian; without root those
# groups are skipped, saying which packages they want. With CI=true nothing is skipped.
# The order of the tests and the examples of the property tests are the same in every run, so that a failure is of the
# change at hand; `.venv/bin/pytest` alone takes others each time, and tells its seed.
set -euo pipefail
cd "$(dirname "$0")/.."
packages=(build-essential pkg-config libssl-dev pidgin-sipe libpurple-dev libjson-glib-dev libxml2-dev sip-tester)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "test: installing ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  else
    echo "test: not installed: ${missing[*]}"
    echo "test: the groups that need them are skipped; as root: apt-get install ${missing[*]}"
  fi
fi
bin=.venv/bin
$bin/ruff format --check .
$bin/ruff check .
$bin/mypy
$bin/lint-imports
pytest=($bin/pytest --randomly-seed=1 --hypothesis-profile=repeat)
outcome=0
failures=.pytest_cache/v/cache/lastfailed
rm -f $failures
"${pytest[@]}" "$@" || outcome=$?
[ $outcome = 1 ] || exit $outcome
# Tests of real processes can meet what the machine does beside them. A few that failed are run once more, by themselves;
# both runs stay to be read, and what passed only then is named: it is a defect of the test or of the product all the same.
mapfile -t failed < <($bin/python -c 'import json, sys; print(*json.load(open(sys.argv[1])), sep="\n")' $failures)
[ ${#failed[@]} -le 3 ] || exit $outcome
printf 'test: failed: %s\n' "${failed[@]}"
"${pytest[@]}" --last-failed --last-failed-no-failures=none "$@"
printf 'test: PASSED ONLY AT THE SECOND GO, to be mended: %s\n' "${failed[@]}"
