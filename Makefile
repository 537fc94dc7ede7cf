# `make run` starts a server with demo rooms; `make test` runs everything CI runs; `make check` is the fast loop.
.PHONY: run test check format bench fuzz kill lock clean

PY := .venv/bin/python
RUN_DATA ?= data

run:
	@scripts/setup.sh run
	@.venv/bin/parlour quickstart --data-dir $(RUN_DATA)

test:
	@scripts/setup.sh dev
	@scripts/test.sh

check:
	@scripts/setup.sh dev
	@scripts/check.sh

format:
	@scripts/setup.sh dev
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .

bench:
	@scripts/setup.sh dev
	@$(PY) -m bench

# Each fuzz target for a minute, and fifty rounds of kill -9 under load: the long runs.
fuzz:
	@scripts/setup.sh dev
	@PARLOUR_FUZZ_SECONDS=60 $(PY) -m pytest -q tests/test_fuzz.py

kill:
	@scripts/setup.sh dev
	@PARLOUR_KILL_ROUNDS=50 $(PY) -m pytest -q -s tests/system/test_kill.py tests/store/test_kill.py

lock:
	@scripts/lock.sh

clean:
	rm -rf .venv .build .mypy_cache .ruff_cache .pytest_cache
