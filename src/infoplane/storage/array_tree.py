"""Arrays by name in files of other tools: .npz, .safetensors, zarr, a folder of .npy; read in blocks, never unpickled.

A name is a path, such as `train/20/hidden1`; of a folder, that of the file without its ending.
"""

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import zarr
from safetensors import SafetensorError, safe_open

from infoplane.errors import UserError, in_one_line
from infoplane.npz_member import DAMAGED, NpzMember

FLOATS = {"F64": "float64", "F32": "float32", "F16": "float32", "BF16": "float32"}
"""Kinds of numbers in safetensors, as they are read: numpy has no bfloat16."""
INTEGERS = {"I64": "int64", "I32": "int32", "I16": "int16", "I8": "int8", "U8": "uint8", "BOOL": "bool"}


class FileArray:
    """An array in a file: a slice of its first axis is read when it is asked for.

    Args:
        read: what reads the rows of a slice from start to stop.
    """

    def __init__(self, shape: tuple[int, ...], dtype: str | np.dtype, read: Callable[[int, int], np.ndarray]):
        self.shape, self.dtype, self._read = tuple(shape), np.dtype(dtype), read

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> np.ndarray:
        start, stop, _ = rows.indices(len(self))
        return np.asarray(self._read(start, stop))


def open_arrays(path: Path) -> dict[str, FileArray]:
    """The arrays of a file or folder, in its order.

    Raises:
        UserError: it is of no such kind, damaged, or holds Python objects.
    """
    try:
        if path.suffix == ".npz":
            found = _of_npz(path)
        elif path.suffix == ".safetensors":
            found = _of_safetensors(path)
        elif path.is_dir() and any((path / name).exists() for name in ("zarr.json", ".zgroup")):
            found = _of_zarr(path)
        elif path.is_dir():
            found = {
                file.relative_to(path).with_suffix("").as_posix(): _of_npy(file) for file in sorted(path.rglob("*.npy"))
            }
        else:
            raise UserError(f"{path} is neither .npz, .safetensors, a zarr group nor a folder of .npy")
    except (*DAMAGED, KeyError, TypeError, SafetensorError) as error:
        raise UserError(f"{path} cannot be read: {in_one_line(error)}") from error
    if not found:
        raise UserError(f"{path} holds no arrays")
    return found


def _of_npy(path: Path) -> FileArray:
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    # opened anew for each block: series have thousands of files
    return FileArray(
        array.shape, array.dtype, lambda start, stop: np.load(path, mmap_mode="r", allow_pickle=False)[start:stop]
    )


def _of_npz(path: Path) -> dict[str, FileArray]:
    with zipfile.ZipFile(path) as archive:
        names = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
    return {name: _of_member(NpzMember(path, name)) for name in names}


def _of_member(member: NpzMember) -> FileArray:
    def read(start: int, stop: int) -> np.ndarray:
        try:
            return member.rows(start, stop - start)
        except DAMAGED as error:
            raise UserError(f"{member.path}: {member.name} cannot be read: {in_one_line(error)}") from error

    return FileArray(member.shape, member.dtype, read)


def _of_safetensors(path: Path) -> dict[str, FileArray]:
    import torch  # which reads what numpy has no kind of number for, and takes a second to import

    file = safe_open(path, framework="pt")
    found = {}
    for name in file.keys():  # noqa: SIM118  it is no dict
        part = file.get_slice(name)
        kind = part.get_dtype()
        if kind not in FLOATS | INTEGERS:
            raise ValueError(f"{name} is of kind {kind}")
        dtype = (FLOATS | INTEGERS)[kind]
        found[name] = FileArray(part.get_shape(), dtype, _slices(part, getattr(torch, dtype)))
    return found


def _slices(part, dtype) -> Callable[[int, int], np.ndarray]:
    return lambda start, stop: part[start:stop].to(dtype).numpy()


def _of_zarr(path: Path) -> dict[str, FileArray]:
    members = zarr.open_group(path, mode="r").members(max_depth=None)
    return {name: _of_array(array) for name, array in sorted(members) if isinstance(array, zarr.Array)}


def _of_array(array: zarr.Array) -> FileArray:
    if "String" in str(array.dtype):  # of any length
        return FileArray(array.shape, "U", lambda start, stop: np.array(np.asarray(array[start:stop]).tolist(), "U"))
    return FileArray(array.shape, str(array.dtype), lambda start, stop: np.asarray(array[start:stop]))
