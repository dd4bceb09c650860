# Plainspoken: what a day's work needs. `make demo` and `make test` set everything up themselves.
.DEFAULT_GOAL := help
PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
OUT ?= plainspoken-demo

.PHONY: help venv system demo test slow check bench accept clean

help:  ## say what each target does
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

# An environment without pip is one whose making was interrupted: it is made anew. The constraints go by
# the environment, so that they also bind what a source distribution is built with.
$(VENV)/.installed: pyproject.toml constraints.txt
	@python=$$(sh .ci/python "$(PYTHON)") || exit 2; \
	$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
		echo "Making $(VENV) with $$python"; "$$python" -m venv --clear $(VENV); } || exit 2
	@echo "Installing the versions of constraints.txt (1 GB to download the first time, 3.5 GB on disk)"
	@PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt \
	$(BIN)/python -m pip install --quiet --use-pep517 --editable '.[dev]' || { \
		echo "The dependencies are not installed: see the line above. With a package mirror: PIP_INDEX_URL=... make"; \
		exit 2; } >&2
	@touch $@

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
	rm -rf $(VENV) $(OUT) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
