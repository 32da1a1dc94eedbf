# make app       makes .venv, installs what the app needs, opens it in the browser
# make test      makes the test environment, then lints and runs every test (under ten minutes on two cores)
# make check     walks everything that a single commit need not: every page with every link, a thousand digits (at most 50 minutes)
# make bench     measures speed and memory against the figures that we hold ourselves to
# make lint      ruff
# make lock      writes requirements*.lock anew from the ranges in requirements*.txt (UPGRADE=1: with the newest versions)
# make messages  collects the visible texts, updates and compiles the Turkish ones
# make pretrained  trains the network that reads digits before anything has been trained
# TORCH_INDEX=address takes PyTorch from another index than the rest (one with builds for CPUs alone: a tenth of the size)
# VENV=/some/where uses another environment than .venv; JOBS=1 tests in one process

PYTHON ?= python3
export PYTHON
VENV ?= .venv
JOBS ?= 2
BIN := $(VENV)/bin
CATALOGUE := assets/locale/tr/LC_MESSAGES/derin
TEMPLATE := assets/locale/derin.pot

.PHONY: app test check bench lint lock messages pretrained chromium

app: $(VENV)/.derin-app
	$(BIN)/streamlit run app.py

test: $(VENV)/.derin-test chromium
	$(BIN)/ruff check .
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) --dist loadfile -m "not check"

check: $(VENV)/.derin-test chromium
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) --dist loadfile -m check

bench: $(VENV)/.derin-test
	$(BIN)/python -m pytest tests/benchmarks/measure_*.py -s --durations=0

lint: $(VENV)/.derin-test
	$(BIN)/ruff check .

lock:
	test -x $(BIN)/python || .ci/venv "$(VENV)"
	$(BIN)/python -m pip install --quiet "$$(grep -o '^uv~=[0-9.]*' requirements-dev.txt)"
	.ci/lock "$(VENV)"

messages: $(VENV)/.derin-test
	$(BIN)/pybabel -q extract -k N_ -k _ -k ngettext:1,2 --no-location --sort-output --omit-header -o $(TEMPLATE) app.py pages dlcore
	$(BIN)/pybabel -q update -l tr -D derin -i $(TEMPLATE) -o $(CATALOGUE).po --no-fuzzy-matching --ignore-obsolete --width=120
	$(BIN)/pybabel -q compile -l tr -D derin -i $(CATALOGUE).po -o $(CATALOGUE).mo

pretrained: $(VENV)/.derin-app
	$(BIN)/python -m dlcore pretrain digits

$(VENV)/.derin-app: requirements.txt requirements.lock
	.ci/install "$(VENV)" requirements "$(TORCH_INDEX)"
	touch $@

$(VENV)/.derin-test: requirements.txt requirements-dev.txt requirements-dev.lock
	.ci/install "$(VENV)" requirements-dev "$(TORCH_INDEX)"
	touch $@

chromium:
	@.ci/chromium
