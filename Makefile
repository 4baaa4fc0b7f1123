# The book's commands. `make` alone lists them; the work is done by `sustainment`, installed in .venv.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
UV := 0.13.9
BIN := .venv/bin
STAMP := .venv/.installed
# Without byte code imports take three times as long; one computing thread a process is enough.
unexport PYTHONDONTWRITEBYTECODE
export OPENBLAS_NUM_THREADS := 1
# .venv holds the checkout's path in many places: a moved checkout gets a new one.
ifneq ($(shell cat $(STAMP) 2>/dev/null),$(CURDIR))
.PHONY: $(STAMP)
endif

.PHONY: help setup book test check bench verify accept protect audit-disclosure audit pictures pdf archive clean

help: ## this list
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:[^#]*## /\t/' | awk -F'\t' '{printf "make %-16s %s\n", $$1, $$2}'

setup: $(STAMP) ## install Python packages into .venv (the other commands do it when needed)

$(STAMP): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || \
	  { echo "Python 3.11, 3.12 or 3.13 is needed. Install one and name it: make setup PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "$(PYTHON) has no venv. Install it (Debian and Ubuntu: apt install python3-venv) and try again." >&2; exit 2; }
	@[ "$$(cat $(STAMP) 2>/dev/null)" = '$(CURDIR)' ] || rm -rf .venv
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV)
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@printf '%s' '$(CURDIR)' > $(STAMP)

book: $(STAMP) ## execute what changed and build the pages: _build/html/index.html
	$(BIN)/sustainment build

test: book ## build the book, then run all tests
	$(BIN)/python -m pytest -n 2 --dist loadgroup

check: $(STAMP) ## the daily loop: style, types, prose, the raw material, the fast tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/codespell
	$(BIN)/sustainment lint
	$(BIN)/sustainment check
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m 'not slow and not browser' tests/unit tests/project/test_project_promises.py

bench: $(STAMP) ## measure builds and scale (minutes): _build/bench.json
	$(BIN)/sustainment bench

verify: $(STAMP) ## execute everything anew and compare each value with results/
	$(BIN)/sustainment verify

accept: $(STAMP) ## after a review, take this build's values into results/
	$(BIN)/sustainment accept

protect: $(STAMP) ## plan what must be hidden before a real study's values leave
	$(BIN)/sustainment protect

audit-disclosure: $(STAMP) ## work out what everything that would be published gives away
	$(BIN)/sustainment audit

audit: book ## Lighthouse on every built page, as a phone meets it (needs node and chromium)
	$(BIN)/sustainment lighthouse

pictures: book ## home and six chapters, narrow and wide, light and dark: _build/pictures (needs chromium)
	$(BIN)/sustainment pictures

pdf: $(STAMP) ## the book as one PDF (needs chromium): _build/book.pdf
	$(BIN)/sustainment pdf

archive: $(STAMP) ## everything needed to rebuild the book, as one zip with its description
	$(BIN)/sustainment archive

clean: ## take away everything generated (.venv stays)
	rm -rf _build dist
