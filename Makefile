# Everything lives in .venv inside the checkout; the first target that needs it sets it up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
AS_ROOT := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
APT := $(AS_ROOT) env DEBIAN_FRONTEND=noninteractive apt-get
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1
# Processes that run tests: one more than there are cores, as tests of browsers and of servers wait a lot.
TESTERS ?= $(shell cores=$$(getconf _NPROCESSORS_ONLN); echo $$((cores < 8 ? cores + 1 : 8)))

CORE := engine/jobs.py,engine/tickets.py,engine/backlog.py,engine/outbox.py,engine/register.py,engine/bells.py,engine/dispatch.py,engine/outcomes.py,engine/scheduler.py,engine/health.py,engine/workers.py

.PHONY: run serve test lint format audit soak mutants bench cost bench-ui picture show-priors train export evaluate browser clean

run: $(VENV)/installed ## the app on http://127.0.0.1:8050, for one person
	$(BIN)/python app.py

serve: $(VENV)/installed ## the same behind gunicorn, as the Procfile starts it
	$(BIN)/gunicorn --config gunicorn.conf.py app:server

# Every engine that starts or ends waits for the disk, and tests start thousands: they write to memory where there is room.
MEMORY := $(shell df -k /dev/shm 2>/dev/null | awk 'NR > 1 && $$4 > 4000000 {print "/dev/shm"}')
test: export TMPDIR := $(or $(MEMORY),$(TMPDIR),/tmp)
test: export PYTHONDONTWRITEBYTECODE :=# every server, child and tester would compile everything anew
test: lint browser ## lint, types and every test; all branches of the scheduling core, nearly all of the engine
	$(BIN)/python -m pytest --numprocesses=$(TESTERS) --dist=loadgroup --no-loadscope-reorder \
		--cov --cov-report=
	$(BIN)/coverage report --include='$(CORE)' --fail-under=100 --show-missing
	$(BIN)/coverage report --include='engine/*' --fail-under=95 --format=total

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

audit: $(VENV)/auditor ## known faults of what the app needs; fails where one could not be looked up
	$(BIN)/python deploy/audit.py

soak: $(VENV)/installed ## a million random lives of the scheduler on every core, and 15,000 hostile bodies
	$(BIN)/python -m tests.hostile
	$(BIN)/python -m tests.sim.soak

mutants: $(VENV)/installed ## the engine broken on purpose, each time: does a test notice?
	$(BIN)/python -m tests.mutants
	$(BIN)/python -m tests.crash.mutants

bench: $(VENV)/installed ## every figure beside its reference from the same run; as JSON, too
	$(BIN)/python -m benchmarks --json bench-results/bench.json

cost: $(VENV)/installed ## what a moment costs in files of 1,000 to 1,000,000: docs/cost.json and docs/cost.svg
	$(BIN)/python -m benchmarks.cost

bench-ui: $(VENV)/installed browser ## what a browser paints of a hand's positions, beside a figure by callback
	$(BIN)/python -m benchmarks.ui

picture: $(VENV)/installed browser ## the README's pictures of the app, taken anew
	$(BIN)/python -m docs.picture

show-priors: $(VENV)/installed ## eight series of every synthetic family, as a page: priors.html
	$(BIN)/python -m training.show_priors

train: $(VENV)/installed ## hindcast-small anew, or on from its checkpoint: 95 minutes on every core, or on a GPU
	$(BIN)/python -m training.pool --folder runs/pool
	$(BIN)/python -m training.pool --folder runs/validation --series 6000 --first-seed 990001
	$(BIN)/python -m training.train

export: $(VENV)/installed ## the trained weights into the product; prints the SHA-256 for forecaster.py and the card
	$(BIN)/python -m training.export

evaluate: $(VENV)/references ## the built-in models on real series, beside baselines; EVALSET_FOLDER names the folder
	$(BIN)/python -m training.evaluate --references

$(VENV)/auditor: $(VENV)/installed
	$(BIN)/python -m pip install --quiet 'pip-audit>=2.10,<3'
	touch $@

$(VENV)/references: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable '.[train]'
	touch $@

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV) || { $(APT) update && $(APT) install -y python3-venv && $(PYTHON) -m venv $(VENV); }
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

browser:
	@for tool in chromium chromedriver nginx; do \
		PATH="$$PATH:/usr/sbin" command -v $$tool >/dev/null && continue; \
		$(APT) update && $(APT) install -y --no-install-recommends \
			chromium chromium-driver fonts-dejavu-core nginx-light || exit 1; \
		break; \
	done

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage *.egg-info
