# Plainspoken: what a day's work needs. `make demo` and `make test` set everything up themselves.
.DEFAULT_GOAL := help
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
OUT ?= plainspoken-demo

.PHONY: help venv system demo test slow check bench accept clean

help:  ## say what each target does
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

$(VENV)/.installed: pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is missing: no '$(PYTHON)' on the path. Install it (Debian: apt-get install python3.11 python3.11-venv) or name yours: make PYTHON=/path/to/python3.11"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than Python 3.11. Name a newer one: make PYTHON=/path/to/python3.11"; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

venv: $(VENV)/.installed  ## make the virtual environment with the pinned versions

system:  ## install the system libraries that rendering needs, or name what is missing
	@sh .ci/system-libraries

demo: system venv  ## audit the embedded example: ledger, report, letters
	$(BIN)/plainspoken demo --out $(OUT)

test: system venv  ## pass the tests
	$(BIN)/python -m pytest -m "not slow"

slow: system venv  ## pass the long suites
	$(BIN)/python -m pytest -m slow

check: system venv  ## ruff, mypy --strict, the floors, and the tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -m "not slow"

bench: venv  ## speeds as ratios, measured side by side
	@for script in tests/benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

accept:  ## take the pages that the tests just drew as the golden ones; read the diff before the commit
	@test -d tests/golden/actual || { echo "Nothing to accept: tests/golden/actual is absent. Run make test first."; exit 2; }
	cp -r tests/golden/actual/. tests/golden/ && rm -r tests/golden/actual

clean:  ## remove what these targets made
	rm -rf $(VENV) $(OUT) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
