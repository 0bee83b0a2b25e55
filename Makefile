# Two commands, each complete on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
OUT ?= runs/demo

.PHONY: demo test check install install-dev examples clean

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

install: $(VENV)/.installed

install-dev: $(VENV)/.installed-dev

# The main job on a photograph, without any model or key. A second `make demo` continues or shows the first.
demo: $(VENV)/.installed
	@if [ -f $(OUT)/journal.jsonl ]; then $(BIN)/seig resume $(OUT); \
	else $(BIN)/seig run examples/coffee.png --preset draft --out $(OUT); fi

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Renders the example programs anew; their truth is exact because the pictures come from them.
examples: $(VENV)/.installed
	$(BIN)/python examples/make_examples.py

clean:
	rm -rf build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
