# make repro: set up .venv and run the pipeline.   make check, make test: check the code.

PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PYTHONPATH := $(CURDIR)/extensions
SHELL := /bin/bash
READY := .venv/ready
EXTRAS := .venv/extras
# As in stages/run, which says why.
RUNTIME := OMP_WAIT_POLICY=PASSIVE MALLOC_MMAP_THRESHOLD_=134217728 MALLOC_TRIM_THRESHOLD_=536870912

.PHONY: help repro objectives objectives-report page live table compare report docs extras tour check test validate bench gpu bmi faults audit lint clean

help:
	@echo "make repro     set up .venv (once) and run the pipeline: dvc repro; JOBS=4: estimators side by side"
	@echo "make objectives  the second pipeline: networks that are trained with information in the loss"
	@echo "make objectives-report  its results as tables and figures: docs/objectives/"
	@echo "make page      where the planes are, to click through in a browser"
	@echo "make live      in a second terminal: the curves and planes of a run while it runs"
	@echo "make table     this commit and all experiments: parameters that differ, scalars; REVS=... for others"
	@echo "make compare A=... [B=...]  two runs, or groups of them, side by side in a page: names, or patterns such as 'seed*'"
	@echo "make report [REV=my-cnn]  a run on one page, HTML and PDF, with its figures as PDF: docs/paper.md"
	@echo "make extras    packages for networks of timm and transformers, Hugging Face's data sets, Parquet, notebooks, Dask"
	@echo "make docs      the documentation as a site, in site/: pages, reference, search; needs no network once it is set up"
	@echo "make tour      run docs/tour.ipynb anew: infoplane from Python (two minutes)"
	@echo "make check     the same set-up, then lint and every test that is not slow: before each commit (10 minutes)"
	@echo "make test      the same set-up, then all tests (half an hour on two cores)"
	@echo "make validate  every estimator wherever the truth is known, real layers too (hours on two cores)"
	@echo "make bench     benchmarks/results.md: speed against plain loops and other packages (15 minutes)"
	@echo "make gpu       on a CUDA device: its tests, and benchmarks/gpu.md, times and values against the CPU's (8 minutes)"
	@echo "make bmi [METHODS=\"mine ksg\"] [SAMPLES=1000] [TABLE=images]  published benchmarks: docs/benchmark.md (hours)"
	@echo "make paper-szt2017 [QUICK=1]  a published result, and whether it comes out (papers/README.md)"
	@echo "make faults    kills, damaged files, full disks: the long sweep of docs/reliability.md (an hour)"
	@echo "make audit     known vulnerabilities of the packages in requirements.txt; asks PyPI"
	@echo "make lint      the same set-up, then ruff and pyright"
	@echo "make clean     remove .venv"

repro: $(READY)
	@test -s .dvc/tmp/rwlock || rm -f .dvc/tmp/rwlock  # what a kill leaves, and DVC cannot read
	@$(if $(JOBS),PYTHONPATH=src:extensions python stages/side_by_side.py $(JOBS),dvc repro)

objectives: $(READY)
	@dvc repro objectives/dvc.yaml

objectives-report: $(READY)
	@python -m infoplane.learning.report

page:
	@test -f plots/planes.html || { echo "error: no plots/planes.html: run make repro"; exit 1; }
	@echo "open file://$(CURDIR)/plots/planes.html"

live: $(READY)
	@PYTHONPATH=src:extensions python stages/live.py

table: $(READY)
	@python -m infoplane.page.experiments $(REVS)

compare: $(READY)
	@test -n '$(A)' || { echo "error: make compare A=main B=my-cnn, or A='seed*'; without B: the workspace"; exit 1; }
	@python -m infoplane.library.comparing '$(A)' $(if $(B),'$(B)')

check: lint
	@OMP_NUM_THREADS=1 pytest -n 2 -m "not slow"

report: $(READY)
	@python -m infoplane.library.report $(REV)

extras: $(EXTRAS)

docs: $(EXTRAS)
	@python docs/site/assemble.py
	@NO_MKDOCS_2_WARNING=1 mkdocs build --quiet --strict --config-file docs/site/mkdocs.yml
	@echo "open file://$(CURDIR)/site/index.html; with its search: python -m http.server --directory site"

tour: $(EXTRAS)
	@python docs/tour.py

test: $(EXTRAS)
	@OMP_NUM_THREADS=1 pytest -n 2

validate: $(READY)
	@$(RUNTIME) python -m benchmarks.real_networks
	@$(RUNTIME) python -m infoplane.known.real_validation $(METHODS)
	@$(RUNTIME) python -m infoplane.known.full_validation $(METHODS)
	@python -m infoplane.page.validation_report

bench: $(READY)
	@$(RUNTIME) python -m benchmarks.bench
	@$(RUNTIME) python -m benchmarks.scaling

gpu: $(EXTRAS)
	@python -c 'import sys, torch; sys.exit(None if torch.cuda.is_available() else "error: make gpu measures on a CUDA device, and there is none")'
	@pytest -m gpu tests/test_gpu.py
	@$(RUNTIME) python -m benchmarks.gpu

bmi: $(READY)
	@$(RUNTIME) python -m benchmarks.public.run $(TABLE) $(if $(METHODS),--methods $(METHODS)) $(if $(SAMPLES),--samples $(SAMPLES)) $(if $(SEEDS),--seeds $(SEEDS)) $(if $(AGAIN),--again)
	@python -m benchmarks.public.report

paper-%: $(READY)
	@python -m papers.run $* $(if $(QUICK),--quick)

faults: $(READY)
	@OMP_NUM_THREADS=1 python tests/faults/table.py

audit: $(READY)
	@python -m venv .venv/audit && .venv/audit/bin/pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	@.venv/audit/bin/pip-audit --no-deps --disable-pip --requirement requirements.txt --requirement requirements-extras.txt

lint: $(EXTRAS)
	@ruff check .
	@ruff format --check .
	@pyright

clean:
	rm -rf .venv

$(READY): requirements.txt pyproject.toml src/infoplane/page/dvc_plots.py src/infoplane/page/dvc_sections.js
	@$(PYTHON) -c 'import sys; sys.exit("error: infoplane needs Python 3.11 or newer, this is %d.%d; try make PYTHON=python3.12" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@echo "Setting up .venv from requirements.txt; PyTorch is large, so the first time takes a few minutes."
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv
	@pip install --quiet --disable-pip-version-check --use-pep517 -r requirements.txt
	@pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@python -m infoplane.page.dvc_plots
	@touch $@

$(EXTRAS): $(READY) requirements-extras.txt
	@pip install --quiet --disable-pip-version-check -r requirements-extras.txt
	@touch $@
