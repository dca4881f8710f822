# The commands of the README. Only Python 3.11+ and make are needed: the environment is made at the first use.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
RUN = $(BIN)/python -m lookalikes

.PHONY: report test test-slow bench example

report: $(VENV)/ready  ## report on DATA (a folder of images; without it, the built-in sample): make report DATA=~/competition LABEL=is_laugh
	$(RUN) $(if $(DATA),"$(DATA)") $(if $(LABEL),--label "$(LABEL)") $(if $(BELOW),--below $(BELOW)) $(if $(OUTPUT),--output "$(OUTPUT)")

test: $(VENV)/ready-to-test  ## the tests, the notebooks among them
	$(BIN)/python -m pytest

test-slow: $(VENV)/ready-to-test  ## the tests that take minutes
	$(BIN)/python -m pytest -m slow

example: $(VENV)/ready-to-test  ## refresh reports/example.html and the picture in the README, from the sample
	$(BIN)/python tests/make_example.py

$(VENV)/ready: pyproject.toml requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; name another one: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/ready-to-test: $(VENV)/ready requirements-test.txt
	$(BIN)/python -m pip install --quiet --requirement requirements-test.txt
	touch $@
