# What each target does: make help. Variables: VAR PORT HOST DEMO DATABASE_URL REDIS_URL ARGS SCALE ONLY SEED.
SHELL := /bin/sh
.DEFAULT_GOAL := help
is_ours := import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))
# Some machines have launchers on PATH that find no Python behind them, so each is tried.
PYTHON ?= $(shell for python in python3.11 python3.12 python3 python; do \
	$$python -c '$(is_ours)' >/dev/null 2>&1 && { echo $$python; exit; }; done; echo python3)
PY := .venv/bin/python
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/*.po))

.PHONY: help run test mutate check audit bench faults lock messages openapi client clean local dev

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

local:
	@$(PYTHON) tools/setup.py local

dev:
	@$(PYTHON) tools/setup.py dev

%.mo: %.po
	@$(PY) -m tools.translations compile

run: local  ## serve on PORT (8000) with embedded PostgreSQL and Redis under VAR (var); DEMO=0 starts empty
	@$(MAKE) --no-print-directory catalogues
	@exec $(PY) -m kefu.embedded run

test: dev  ## the whole test suite; ARGS go to pytest
	@$(MAKE) --no-print-directory catalogues
	@exec $(PY) -m pytest -n 2 --dist worksteal $(ARGS)

mutate: dev  ## prove the rules: change each clause and see its marked tests fail; ARGS="CD-05" only these, FORCE=1 all anew
	@exec $(PY) -m tools.mutate $(ARGS)

check: dev  ## format, lint, types, import contracts, migrations, templates, translations, OpenAPI
	@$(MAKE) --no-print-directory catalogues
	@exec $(PY) -m tools.check

audit: dev  ## known vulnerabilities of the locked dependencies (needs the network)
	@exec $(PY) -m tools.audit

bench: dev  ## benchmarks, one JSON object a line; SCALE=small|full ONLY=name
	@$(MAKE) --no-print-directory catalogues >&2
	@exec $(PY) -m benchmarks

faults: dev  ## break things under load and count what was lost or doubled, one JSON object a line; SEED=1 SCALE=small|full ONLY=name
	@$(MAKE) --no-print-directory catalogues >&2
	@exec $(PY) -m faults

lock: dev  ## compile the lock files from the .in files
	@exec $(PY) -m tools.lock

messages: dev  ## bring the catalogues in step with the source
	@exec $(PY) -m tools.translations update

openapi: dev  ## write docs/openapi.yaml from the code
	@exec $(PY) -m tools.openapi write

client: dev  ## generate the partners' typed Python client from docs/openapi.yaml into dist/kefu-client
	@exec $(PY) -m tools.client

clean:  ## remove .venv, caches, compiled catalogues and var/test; never var/ itself, which holds data
	rm -rf .venv dist var/test .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis
	rm -rf /dev/shm/kefu-test-$$(id -u)-$$(printf %s "$$(pwd -P)/var/test" | sha256sum | cut -c1-16)
	rm -f locale/*/LC_MESSAGES/*.mo
	find . -path ./var -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: catalogues
catalogues: $(CATALOGUES)
	@:
