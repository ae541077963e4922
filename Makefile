# make demo    install everything and repair the first example
# make test    install everything and run every check and every test
# make setup   install everything: a virtual environment in .venv, and Caffe
# make check   the linters, the types and the import contract alone
# make clean   remove what the others made here (the Caffe build stays in the user's cache)

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DEMO   := examples/lenet-raw-input

.DELETE_ON_ERROR:
.PHONY: demo test setup check clean caffe chromium

demo: $(VENV)/.installed caffe $(DEMO)/data/test_lmdb/data.mdb
	$(BIN)/autofix $(DEMO)/solver.prototxt --budget 20
	@echo
	@echo "The diff:   $(DEMO)/solver.autofix/autofix.diff"
	@echo "The report: $(DEMO)/solver.autofix/report.html"
	@echo "The study:  $(DEMO)/solver.autofix/study.db"

test: check caffe chromium
	$(BIN)/pytest

setup: $(VENV)/.installed-dev caffe chromium

check: $(VENV)/.installed-dev
	$(BIN)/ruff check . scripts/install-caffe scripts/check-container
	$(BIN)/ruff format --check . scripts/install-caffe scripts/check-container
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf $(VENV) *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	rm -rf examples/*/data examples/*/dataset examples/*/*.autofix
	find . -name __pycache__ -prune -exec rm -rf {} +

# Takes seconds when Caffe is there already, so it runs each time and needs no stamp that could lie.
caffe: $(VENV)/.created
	$(BIN)/python scripts/install-caffe

# The browser tests look at the report and the dashboard in it.
chromium:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { \
	  set -e; echo 'Chromium is missing: installing it for the browser tests'; \
	  root=; [ "$$(id -u)" = 0 ] || root=sudo; \
	  $$root apt-get update -qq; \
	  $$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; }

$(DEMO)/data/test_lmdb/data.mdb: $(DEMO)/make_data.py | $(VENV)/.installed
	$(BIN)/python $(DEMO)/make_data.py

$(VENV)/.installed: pyproject.toml $(VENV)/.created
	$(BIN)/pip install --quiet --editable '.[examples,dashboard]'
	@touch $@

$(VENV)/.installed-dev: pyproject.toml $(VENV)/.created
	$(BIN)/pip install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/.installed

$(VENV)/.created:
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	  set -e; echo 'Python or its venv module is missing: installing python3 and python3-venv'; \
	  root=; [ "$$(id -u)" = 0 ] || root=sudo; \
	  $$root apt-get update -qq; \
	  $$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3 python3-venv; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	  echo 'Autofix needs Python 3.10 or newer: make PYTHON=/path/to/python3'; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@
