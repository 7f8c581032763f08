"""Runs docs/tour.ipynb anew (make tour), with the Python that runs this: python docs/tour.py [OUTPUT]."""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).with_suffix(".ipynb")


def main() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    # No times, and one output a cell of what is printed: the same run gives the same file.
    NotebookClient(notebook, timeout=1000, kernel_name="python3", record_timing=False, coalesce_streams=True).execute()
    nbformat.write(notebook, sys.argv[1] if len(sys.argv) > 1 else NOTEBOOK)


if __name__ == "__main__":
    main()
