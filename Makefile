# The tasks of development. `make` lists them; each target installs what it needs.
#
# PYTHON=... selects the interpreter for .venv. Default: the newest of 3.11 to 3.14 that works.

.DEFAULT_GOAL := help
.PHONY: help demo app test tests kernels lint shots notebooks bench binder-check clean browser rebuild

VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Containers often tell Python to store no bytecode. Then every kernel and every process of the tests
# would compile again all that it imports: a first `%kmeans` needs 4.5 seconds instead of 1.5.
unexport PYTHONDONTWRITEBYTECODE

# Compiled kernels are cached in a directory named after a hash of the core, so none is stale.
WITH_KERNELS = NUMBA_CACHE_DIR="$$($(PY) tests/kernel_cache.py)"

# One process more than processors: the browser tests wait for a server and a page.
WORKERS = $$($(PY) -c 'import os; print(os.cpu_count() + 1)')

# Scripts that drive JupyterLab: `from browser.jupyter import ...`
WITH_HARNESS = $(WITH_KERNELS) PYTHONPATH=tests

# A .venv that no longer runs, or was moved here with the whole folder, is created again.
ifneq ($(wildcard $(STAMP)),)
ifneq ($(shell $(PY) -c 'print(open("$(STAMP)").read().strip())' 2>&1),$(CURDIR))
REBUILD := rebuild
endif
endif

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{printf "  make %-13s %s\n", $$1, $$2}'

demo: $(STAMP)  ## set up everything and open a copy of the walkthrough in JupyterLab (ARGS="..." for jupyter lab)
	@$(WITH_KERNELS) $(PY) -m kmeans_widget $(ARGS)

app: $(STAMP)  ## open the app in the browser: upload a table, explore it, download its labels
	@$(WITH_KERNELS) $(PY) -m voila --preheat_kernel=True $(ARGS) notebooks/app.ipynb

test: $(STAMP)  ## set up everything, then lint, unit tests, doctests, notebooks and a real browser
	@$(MAKE) --no-print-directory -j lint browser kernels
	@$(MAKE) --no-print-directory -j tests $(if $(filter true,$(CI)),binder-check)

kernels: $(STAMP)  # what nearly every process of the tests would compile
	@$(WITH_KERNELS) $(PY) binder/warm.py

tests: $(STAMP)
	@echo "== Unit tests, doctests, tutorials, the panel in a real browser: on two cores, five to ten minutes"
	@$(WITH_KERNELS) $(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder \
	    --nbval --nbval-cell-timeout=120

lint: $(STAMP)  ## check style, types, spelling and the order of the layers
	@echo "== Style, types, order of the layers, spelling"
	@$(PY) -m ruff check
	@$(PY) -m ruff format --check
	@$(PY) -m mypy
	@$(VENV)/bin/lint-imports
	@$(VENV)/bin/typos

shots: $(STAMP) browser  ## take screenshots of all states into .cache/shots, and those of the README
	$(WITH_HARNESS) $(PY) -m browser.shots .cache/shots
	cp $(addprefix .cache/shots/,$(filter-out rounds.png,$(notdir $(wildcard docs/images/*.png)))) docs/images

notebooks: $(STAMP)  ## execute the tutorials again, in place, without widget state
	$(WITH_KERNELS) $(PY) -m nbconvert --to notebook --execute --inplace notebooks/*.ipynb \
	    --ExecutePreprocessor.store_widget_state=False --ExecutePreprocessor.record_timing=False

bench: $(STAMP) browser  ## measure the panel, and compare K-means with other libraries (ARGS="lloyd --quick")
	@$(PY) -m pip install --quiet --editable '.[bench]' || echo "Not all peers could be installed: going on without"
	$(WITH_HARNESS) $(PY) -m benchmarks $(ARGS)

binder-check: $(STAMP) browser  ## test binder/ without docker: its base, its build, its start, a browser
	@PYTHONPATH=tests $(PY) -m browser.binder

clean:  ## remove everything that make has created, except your copy of the walkthrough
	rm -rf $(VENV) .cache .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache dist
	find . -name __pycache__ -prune -exec rm -rf {} +

browser: $(STAMP)
	@$(PY) tests/browser/chromium.py

$(STAMP): pyproject.toml $(REBUILD)
	@if ! { $(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))'; } 2>/dev/null; then \
	    rm -rf $(VENV); python=$$($(FIND_PYTHON)) || exit 1; \
	    echo "Making $(VENV) with $$python"; "$$python" -m venv $(VENV) || exit 1; \
	fi
	@echo "Installing kmeans-widget and its tools into $(VENV): a gigabyte, within a minute or two"
	@{ $(PY) -m pip install --quiet uv && $(PY) -m uv pip install --quiet --editable '.[test]'; } \
	    || $(PY) -m pip install --quiet --editable '.[test]'  # pip may be configured for other indexes than uv
	@echo '$(CURDIR)' > $@

rebuild:
	@echo "$(VENV) does not work here (moved, or its Python is gone): making it anew"
	@rm -rf $(VENV)

# Print the interpreter to use, or one sentence that says what is missing.
define FIND_PYTHON
found=; for python in $(or $(PYTHON),python3.14 python3.13 python3.12 python3.11 python3 python); do \
    "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue; \
    found=$$python; \
    "$$python" -c 'import ensurepip, venv' >/dev/null 2>&1 && { echo "$$python"; exit 0; }; \
done; \
if [ -n "$$found" ]; then \
    echo "$$found has no venv module; on Debian and Ubuntu: apt-get install $${found##*/}-venv" >&2; \
else \
    echo "$(if $(PYTHON),$(PYTHON) is not a Python >= 3.11,No Python >= 3.11 found); install one (Debian: apt-get install python3 python3-venv; or python.org), or say which: make PYTHON=/path/to/python3" >&2; \
fi; exit 1
endef
