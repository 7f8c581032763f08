"""The files of a run, in the workspace or at any revision that git or DVC knows, without checking anything out.

Small files come from git; those that DVC keeps from its cache, or from a remote, and stores of them lazily.
"""

import asyncio
from pathlib import PurePosixPath
from typing import Any

import zarr
from fsspec.implementations.asyn_wrapper import AsyncFileSystemWrapper
from zarr.storage import FsspecStore

from infoplane.errors import UserError, in_one_line
from infoplane.storage import manifest, store
from infoplane.storage.objects import Objects

PARAMS = "params.yaml"


class RevisionFiles:
    """Files by their names below the root of the repository.

    Args:
        revision: a commit, branch, tag or experiment; None: the workspace as it is.
        repository: a folder within it, or the address of a git repository; None: that of the current folder.

    Raises:
        UserError: there is no such repository or revision, or no params.yaml in it.
    """

    def __init__(self, revision: str | None, repository: str | None):
        # Takes two seconds, and no stage needs it.
        from dvc.api import DVCFileSystem

        self.name = f"revision {revision}" if revision else "the workspace"
        failure = None
        try:
            self._files = DVCFileSystem(repository)
            config = self._files.repo.config  # is looked for only now
            if revision:
                # A revision's own configuration may be older than the remote, where its data have gone since.
                self._files = DVCFileSystem(repository, rev=revision, remote=config["core"].get("remote"))
                _ = self._files.repo
        except Exception as error:  # DVC, git and the network raise many types
            failure = in_one_line(error)
        if failure is not None:
            # With DVC's error as its cause, a script that ends by it goes on with hundreds of lines of dulwich's.
            raise UserError(f"load: {self.name} of {repository or 'this folder'}: {failure}")
        if not self._files.isfile(f"/{PARAMS}"):
            raise UserError(f"load: {self.name} of {repository or 'this folder'} has no {PARAMS}: it is no study")

    def read(self, name: str) -> str:
        """The text of a file.

        Raises:
            UserError: it is missing, here and in DVC's cache and remote.
        """
        try:
            content: Any = self._files.cat_file(f"/{name}")
            return content.decode()
        except Exception as error:
            raise self._missing(name, error) from error

    def names(self, folder: str, ending: str) -> list[str]:
        """The files below a folder with this ending, without it, by their names below the folder."""
        found = self._files.find(f"/{folder}") if self._files.isdir(f"/{folder}") else []
        paths = [PurePosixPath(path).relative_to(f"/{folder}") for path in found]
        return sorted(path.with_suffix("").as_posix() for path in paths if path.suffix == ending)

    def open_store(self, name: str, kind: str, version: int) -> zarr.Group:
        """The root group of a finished store, of which nothing more is read than is asked for.

        Raises:
            UserError: it is missing, unfinished, or of another kind or schema version.
        """
        try:
            # One at a time: DVC fills its index at the first look, and a second thread would not find what is there.
            asynchronous = AsyncFileSystemWrapper(self._files, asynchronous=True, semaphore=asyncio.Semaphore(1))
            files = FsspecStore(asynchronous, read_only=True, path=f"/{name}")
            root = zarr.open_group(files, mode="r")
            url = store.attributes(root).get("objects")
        except Exception as error:
            raise self._missing(name, error) from error
        store.check_description(root, f"{name} of {self.name}", kind, version)
        if url is None:
            return root
        listed = manifest.parsed(self.read(f"{name}/{manifest.NAME}"))
        if listed is None:
            raise UserError(f"load: {name}/{manifest.NAME} of {self.name} is damaged")
        return zarr.open_group(store.with_objects(files, Objects(url), listed), mode="r")

    def _missing(self, name: str, error: Any) -> UserError:
        return UserError(
            f"load: {name} of {self.name} is neither here nor in DVC's cache or remote: run `dvc repro`, or `dvc pull` "
            f"({in_one_line(error)})"
        )
