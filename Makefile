# `make run` shows the demo city, `make test` proves that all works. Any python3 from 3.11 on serves;
# choose another one with PYTHON=..., another port with PORT=...

PYTHON ?= $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11,\
  $(shell $(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(p))))
VENV ?= .venv
HOST ?= 127.0.0.1
PORT ?= 8000
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
PINS := $(BIN)/pip-compile --quiet --no-header --generate-hashes --strip-extras --allow-unsafe \
  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
  --build-deps-for=editable

.DELETE_ON_ERROR:
.PHONY: run test check bench pins clean

run: demo-city/new-stations.xlsx
	$(BIN)/stationmap serve demo-city --host $(HOST) --port $(PORT)

test: $(VENV)/.test
	$(BIN)/python -m pytest -n auto --dist loadfile

check: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/test_docs.py

bench: $(VENV)/.test
	@set -e; for file in benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python $$file; done

# new pins for what pyproject.toml asks; UPGRADE=--upgrade takes the newest of everything
pins: $(VENV)/.test
	$(PINS) $(UPGRADE) --all-extras -o .pins/test.txt pyproject.toml
	$(PINS) $(UPGRADE) --extra files --extra plot --extra postgis --extra report --extra web -o .pins/run.txt pyproject.toml

clean:
	rm -rf $(VENV) demo-city build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

# the list to try is put there last: where it is, the demo city is whole
demo-city/new-stations.xlsx: | $(VENV)/.run
	$(BIN)/stationmap demo demo-city

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv $(VENV) || { echo "On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

$(VENV)/.run: .pins/run.txt pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --require-hashes -r .pins/run.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.test: .pins/test.txt pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --require-hashes -r .pins/test.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	touch $@ $(VENV)/.run
