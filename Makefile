# `make run` and `make test` work on a fresh machine: each target first brings the environment up to date.
# The first time takes about ten minutes, most of it compiling llama.cpp; pip keeps the result.

VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BENCH_READY := $(VENV)/.bench-ready
BENCHMARK_READY := $(VENV)/.benchmark-ready
TOPIC ?= volcanoes

# Targets run one after the other, whatever -j says: they share one environment and one terminal.
.NOTPARALLEL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

.PHONY: help run test check lint types contracts docs-check format docs bench benchmark clean gui-packages

help:  ## Say what there is
	@sed -n 's/^\([a-z][a-z-]*\):.*## /\1|/p' Makefile | awk -F'|' '{ printf "  make %-12s %s\n", $$1, $$2 }'

run: $(READY)  ## Stream an answer of the bundled model (TOPIC=...)
	@$(BIN)/graphide run graphs/hello.json -i topic='$(TOPIC)'

test: gui-packages $(READY)  ## Run the tests (NO_GUI=1 leaves out those that open a window)
	NO_GUI=$(NO_GUI) $(BIN)/python -m pytest

check: gui-packages lint types contracts docs-check test  ## Everything that a change has to pass

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

contracts: $(READY)
	$(BIN)/lint-imports --no-logo

docs-check: $(READY)
	$(BIN)/python docs/generate.py --check

format: $(READY)  ## Format the code and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(READY)  ## Write the generated pages of docs/
	$(BIN)/python docs/generate.py

bench: $(BENCH_READY)  ## Measure everything, beside other programs (most of an hour)
	@for name in executor command library threads inference chats server; do \
	    echo "== $$name"; $(BIN)/python tests/benchmarks/$$name.py || exit 1; \
	done

benchmark: $(BENCHMARK_READY)  ## Measure local inference, beside its peers (ROUNDS=5 ONLY=shared,rows,...)
	$(BIN)/python tests/benchmarks/inference.py $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(ONLY),--only $(ONLY))

clean:  ## Remove the environment and everything that was made
	rm -rf $(VENV) .venv-ci dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- set-up

DEBIAN_PACKAGES := python3-venv build-essential python3-dev

# A name that answers, is new enough and can make environments: a pyenv shim may be there and still not answer.
define FIND_PYTHON
python=; \
for name in $(PYTHON) python3.11 python3.12 python3.13 python3.14 python3 python; do \
    if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
        python=$$name; \
        if $$name -c 'import ensurepip, venv' >/dev/null 2>&1; then break; fi; \
    fi; \
done; \
if [ -z "$$python" ]; then \
    echo "graphide needs Python 3.11 or newer, and none was found. On Debian: apt-get install python3 $(DEBIAN_PACKAGES)" >&2; \
    exit 1; \
elif ! $$python -c 'import ensurepip, venv' >/dev/null 2>&1; then \
    echo "$$python cannot make virtual environments. On Debian: apt-get install $(DEBIAN_PACKAGES)" >&2; \
    exit 1; \
elif ! command -v c++ >/dev/null || ! command -v cc >/dev/null; then \
    echo "no C and C++ compiler, which llama.cpp is built with. On Debian: apt-get install $(DEBIAN_PACKAGES)" >&2; \
    exit 1; \
fi
endef

# The build of llama.cpp uses all processors; make's own flags would hold it to one.
INSTALL := env -u MAKEFLAGS -u MFLAGS CMAKE_BUILD_PARALLEL_LEVEL=$$(getconf _NPROCESSORS_ONLN) \
    $(BIN)/python -m pip install --disable-pip-version-check --quiet

$(READY): pyproject.toml constraints.txt
	@$(FIND_PYTHON); \
	$(BIN)/python -m pip --version >/dev/null 2>&1 || \
	    { echo "making $(VENV) with $$($$python --version)"; $$python -m venv --clear $(VENV); }
	@echo "installing packages into $(VENV) (the first time takes about ten minutes: llama.cpp is compiled)"
	@$(INSTALL) --editable '.[demo,dev]' --constraint constraints.txt
	@$(BIN)/python -m compileall -q graphide nodes
	@touch $@

$(BENCH_READY): $(READY)
	@$(INSTALL) --editable '.[demo,dev,bench]' --constraint constraints.txt
	@touch $@

$(BENCHMARK_READY): $(READY)
	@$(INSTALL) --editable '.[demo,dev,benchmark]' --constraint constraints.txt
	@touch $@

# Tests of the window need a screen that nobody sees, a hand on its mouse, and something that draws; those of the web page
# need a browser. Linux has them.
gui-packages:
	@if [ "$(NO_GUI)" = 1 ]; then echo "NO_GUI=1: the tests that open a window are left out"; exit 0; fi; \
	if [ "$$(uname)" != Linux ]; then \
	    echo "the tests that open a window need Linux; without them: make $(or $(firstword $(MAKECMDGOALS)),test) NO_GUI=1" >&2; \
	    exit 1; \
	fi; \
	missing=; \
	command -v Xvfb >/dev/null || missing="$$missing xvfb"; \
	command -v xdotool >/dev/null || missing="$$missing xdotool"; \
	command -v xclip >/dev/null || missing="$$missing xclip"; \
	command -v chromium >/dev/null || missing="$$missing chromium"; \
	command -v chromedriver >/dev/null || missing="$$missing chromium-driver"; \
	/sbin/ldconfig -p 2>/dev/null | grep -q 'libGL\.so\.1 ' || missing="$$missing libgl1"; \
	ls /usr/lib/*/dri/ 2>/dev/null | grep -q 'swrast_dri' || missing="$$missing libgl1-mesa-dri"; \
	if [ -n "$$missing" ]; then \
	    echo "the tests that open a window need more. On Debian: apt-get install$$missing" >&2; \
	    echo "To leave them out: make $(or $(firstword $(MAKECMDGOALS)),test) NO_GUI=1" >&2; \
	    exit 1; \
	fi
