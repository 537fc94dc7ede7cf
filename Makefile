# `make run` starts a server with demo rooms; `make test` runs everything CI runs; `make check` is the fast loop.
.PHONY: run test check format bench lock clean

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

lock:
	@scripts/lock.sh

clean:
	rm -rf .venv .build .mypy_cache .ruff_cache .pytest_cache
