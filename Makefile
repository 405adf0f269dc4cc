# `make demo` and `make test` need nothing but Python 3.11 or newer: they make .venv and install what they use.
PYTHON ?= python3
BIN := .venv/bin
export HF_HUB_OFFLINE := 1
export TOKENIZERS_PARALLELISM := false
# Python's containers forbid bytecode files, and each worker of each `make test` would compile all tests anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo docs test test-slow test-busy test-models test-models-few test-lmms static check clean

## Watch the small model learn from its own mistakes (minutes on two cores).
demo: .venv/installed
	$(BIN)/burnish demo --out demo

## The tests that CI runs, warnings as errors; three at a time on two cores, as many wait for servers and pages.
test: .venv/installed-dev
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 3 --dist worksteal --timeout 1800

## What CI leaves out, as it takes minutes more: all tests marked slow (every family of models, every recipe, real servers,
## Ray, packages), the site, and two versions of transformers.
test-slow: .venv/installed-dev docs test-models
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[ray]'
	OMP_NUM_THREADS=1 BURNISH_SLOW=1 $(BIN)/pytest -m slow -n 2 --dist worksteal --timeout 3600

## The same on a machine that is busy with other work, which no test may mind.
test-busy: .venv/installed-dev
	tests/busy.sh $(MAKE) test

## The tests of what depends on transformers, on the oldest version that is supported and on the newest that was tried.
FLOOR := 5.16.0
NEWEST := 5.24.0
MODEL_TESTS := tests/check tests/models/test_adapter_names.py tests/models/test_encoding.py tests/models/test_local.py \
    tests/train/test_shared_prefix.py tests/train/test_branching.py tests/train/test_answer_head.py \
    tests/train/test_checkpointing.py tests/train/test_accumulation.py
test-models: test-models-$(FLOOR) test-models-$(NEWEST)

## The quickest of them, which CI runs: a state, axes, windows, places and masks of a model's own.
FEW_MODEL_TESTS := -m "not slow" tests/check tests/models/test_adapter_names.py tests/models/test_encoding.py \
    tests/models/test_local.py tests/train/test_answer_head.py tests/train/test_checkpointing.py \
    tests/train/test_accumulation.py \
    tests/train/test_shared_prefix.py::test_a_question_without_a_picture_stands_beside_others
test-models-few:
	$(MAKE) test-models MODEL_TESTS='$(FEW_MODEL_TESTS)'

test-models-%: .transformers/%/installed .venv/installed-dev
	PYTHONPATH=.transformers/$* OMP_NUM_THREADS=1 BURNISH_SLOW=1 $(BIN)/pytest -n 2 --timeout 1800 -W default $(MODEL_TESTS)

## Real runs of lmms-eval with the small model, in an environment of its own: lmms-eval needs torchvision (7 GB in all).
test-lmms: .venv-lmms/installed
	OMP_NUM_THREADS=1 .venv-lmms/bin/pytest -W default tests/bench/lmms

## The site, in build/site; a link that leads nowhere ends it.
docs: .venv/installed-docs
	$(BIN)/python docs/build_site.py build/docs
	$(BIN)/zensical build --strict

## Format, lint, strict types, import contracts.
static: .venv/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

## Everything that CI asks for.
check: static test

clean:
	rm -rf .venv .venv-lmms .transformers build demo

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	touch $@

.venv/installed-docs: .venv/installed
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[docs]'
	touch $@

.PRECIOUS: .transformers/%/installed
# Only what differs stands before the packages of .venv; transformers 5.16 wants an older huggingface_hub.
.transformers/$(FLOOR)/installed: .venv/installed-dev
	$(BIN)/python -m pip install --quiet --no-deps --target $(@D) transformers==$(FLOOR) 'huggingface_hub<2'
	touch $@

.transformers/%/installed: .venv/installed-dev
	$(BIN)/python -m pip install --quiet --no-deps --target $(@D) transformers==$*
	touch $@

.venv-lmms/installed: pyproject.toml
	$(PYTHON) -m venv .venv-lmms
	.venv-lmms/bin/python -m pip install --quiet -e '.[lmms]' pytest
	touch $@
