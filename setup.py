"""Packs into the wheel, beside the package, what `infoplane new` lays out: the pipeline of this repository."""

import runpy
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

CLONE = Path(__file__).parent.resolve()


class BuildWithLayout(build_py):
    def run(self) -> None:
        if self.editable_mode:
            super().run()
            return
        # What an earlier build has left may hold a method that is no more, and would be found.
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()
        pack = runpy.run_path(str(CLONE / "src/infoplane/study/layout.py"))["pack"]
        pack(CLONE, Path(self.build_lib) / "infoplane/study/layout")


setup(cmdclass={"build_py": BuildWithLayout})
