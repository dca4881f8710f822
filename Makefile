# The commands of the README. Only Python 3.11+ and make are needed: the environment is made at the first use.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
RUN = $(BIN)/python -m lookalikes
BENCH = $(VENV)-bench
LOWEST = $(VENV)-lowest
# Only as it is given to make: many desktops have a variable of this name for languages of their own.
ASKED = $(if $(filter command,$(origin LANGUAGE)),$(LANGUAGE))
CHECK_PYTHON = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; name another one: make PYTHON=python3.12")'

.PHONY: report test test-slow test-lowest check bench example lesson

report: $(VENV)/ready  ## report on DATA (a folder of images; without it, the built-in sample): make report DATA=~/competition LABEL=is_laugh; in Japanese: make report LANGUAGE=ja
	$(RUN) $(if $(DATA),"$(DATA)") $(if $(LABEL),--label "$(LABEL)") $(if $(BELOW),--below $(BELOW)) $(if $(OUTPUT),--output "$(OUTPUT)") $(if $(ASKED),--language "$(ASKED)")

test: $(VENV)/ready-to-test  ## the tests, the notebooks among them
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

test-slow: $(VENV)/ready-to-test  ## the tests that take minutes
	$(BIN)/python -m pytest -m slow --numprocesses auto --dist loadfile

test-lowest: $(LOWEST)/ready  ## the tests, on the lowest versions that pyproject.toml allows; in Python 3.11
	$(LOWEST)/bin/python -m pytest --numprocesses auto --dist loadfile

check: $(VENV)/ready-to-test  ## what a change must pass before its tests run: lint, format, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

example: $(VENV)/ready-to-test  ## refresh the example reports and the pictures in the READMEs, from the sample
	$(BIN)/python tests/make_example.py

lesson: $(VENV)/ready  ## export the lesson's two notebooks into reports/lesson/, with open answers: make lesson ANSWERS=shown; in Japanese: make lesson LANGUAGE=ja
	$(BIN)/python -c 'import lookalikes as la; la.make_lesson(answers="$(ANSWERS)" == "shown", language="$(ASKED)" or None)'

bench: $(BENCH)/ready  ## measure against the plain loop and other tools, in 15 minutes; at the full sizes: make bench FULL=1
	$(BENCH)/bin/python tests/benchmarks/run.py $(if $(FULL),--full)

$(VENV)/ready: pyproject.toml requirements.txt
	@$(CHECK_PYTHON)
	@echo "Installing into $(VENV): a minute or two, the first time only"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --requirement requirements.txt
	@touch $@

$(VENV)/ready-to-test: $(VENV)/ready requirements-test.txt
	$(BIN)/python -m pip install --quiet --requirement requirements-test.txt
	touch $@

$(LOWEST)/ready: pyproject.toml requirements-test.txt tests/lowest.txt
	@$(CHECK_PYTHON)
	$(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet --requirement tests/lowest.txt --requirement requirements-test.txt --editable .
	touch $@

# The tools to compare with are optional, so one that can't be installed stops nothing.
$(BENCH)/ready: pyproject.toml requirements.txt tests/benchmarks/requirements.txt
	@$(CHECK_PYTHON)
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --editable . psutil
	grep -v '^#' tests/benchmarks/requirements.txt | while read -r line; do \
		$(BENCH)/bin/python -m pip install --quiet "$$line" || echo "left out: $$line"; done
	touch $@
