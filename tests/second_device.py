"""A CUDA device that is none: tensors lie on the CPU and are marked, and what CUDA refuses is refused here, too.

Within `second_device()` a tensor that was made on `cuda`, moved there, or computed from one that was, says that it is
there. Refused are operations on tensors of two devices (but for single numbers on the CPU), indices and generators of
another device, NumPy's arrays of such tensors, and what has no deterministic form on CUDA.

References: https://docs.pytorch.org/docs/stable/generated/torch.use_deterministic_algorithms.html, for the last.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode, resolve_name

MARK = "_is_on_the_second_device"
MOVES = {"torch.Tensor.copy_", "torch.Tensor.data.__set__", "torch.Tensor.grad.__set__"}
"""Whose arguments may lie on two devices; the first one stays where it is, or, of `data`, becomes what it is given."""
PYTHON_ALONE = {"_has_compatible_shallow_copy_type", "_parse_to"}
"""Which compute nothing."""
ARRAYS = {"torch.Tensor.numpy", "torch.Tensor.__array__"}
RANDOM_ORDER = {
    "cumsum": lambda t, *more, **keywords: t.is_floating_point(),
    "bincount": lambda t, *more, **keywords: bool({"weights"} & set(keywords)) or len(more) > 0,
    "median": lambda t, *more, **keywords: bool(more or keywords),
    "kthvalue": lambda *more, **keywords: True,
    "histc": lambda *more, **keywords: True,
    "put_": lambda *more, **keywords: True,
    "adaptive_avg_pool2d": lambda t, *more, **keywords: t.requires_grad,
    "interpolate": lambda t, *more, **keywords: t.requires_grad,
}
"""Functions that raise under `use_deterministic_algorithms` on CUDA, and for which arguments."""


@contextmanager
def second_device() -> Iterator[torch.device]:
    """The device, for as long as the context lasts."""
    memory = {"mem_get_info": (2**34, 2**34), "memory_reserved": 0, "memory_allocated": 0, "is_available": True}
    memory |= {"empty_cache": None, "get_device_name": "second device", "set_rng_state": None}
    memory |= {"is_current_stream_capturing": False}
    patched = {name: mock.Mock(return_value=value) for name, value in memory.items()}
    patched["get_rng_state"] = mock.Mock(side_effect=torch.get_rng_state)
    with (
        mock.patch.multiple("torch.cuda", **patched),
        mock.patch("torch.accelerator.is_available", mock.Mock(return_value=False)),
        mock.patch("torch.backends.cudnn.is_acceptable", mock.Mock(return_value=False)),
        mock.patch("torch.Generator", _Generator),
        mock.patch.object(torch.nn.Parameter, "__new__", _parameter),
        _Refusing(),
    ):
        yield torch.device("cuda")


def is_there(tensor: Tensor) -> bool:
    """Whether a tensor is on the second device."""
    return getattr(tensor, MARK, False)


_new_parameter = torch.nn.Parameter.__new__


def _parameter(cls: type, data: Tensor | None = None, requires_grad: bool = True) -> Tensor:
    """A parameter where its data lie."""
    made = _new_parameter(cls, data, requires_grad)
    return made if data is None else _marked(made, is_there(data))


class _Generator(torch.Generator):
    """A generator of the CPU that says what device it was made for."""

    def __new__(cls, device: Any = "cpu") -> "_Generator":
        made = super().__new__(cls, "cpu")
        made.of = torch.device(device)  # pyright: ignore[reportAttributeAccessIssue]
        return made

    @property
    def device(self) -> torch.device:
        return self.of  # pyright: ignore[reportAttributeAccessIssue]


class _Refusing(TorchFunctionMode):
    def __torch_function__(self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        kwargs, name = dict(kwargs or {}), resolve_name(func) or func.__name__
        given = _tensors((args, kwargs))
        there = any(map(is_there, given))
        if name == "torch.Tensor.device.__get__":
            return torch.device("cuda", 0) if there else func(*args)
        if name == "torch.Tensor.is_cuda.__get__":
            return there
        if name in ARRAYS and there:
            raise TypeError("can't convert cuda:0 device type tensor to numpy")
        if name in PYTHON_ALONE:
            return func(*args, **kwargs)
        if name in MOVES:
            result = func(*args, **kwargs)
            _marked(args[0], is_there(args[1] if name == "torch.Tensor.data.__set__" else args[0]))
            return result
        if name in ("torch.Tensor.to", "torch.Tensor.cpu", "torch.Tensor.cuda"):
            return self._moved(func, name, args, kwargs)
        self._refuse(func, name, args, kwargs, given)
        if kwargs.get("device") is not None:
            there = torch.device(kwargs["device"]).type == "cuda"
            kwargs["device"] = "cpu"
        if isinstance(kwargs.get("generator"), _Generator) and (kwargs["generator"].device.type == "cuda") != there:
            raise RuntimeError(f"{name}: the generator is on {kwargs['generator'].device}, and the result is not")
        result = func(*args, **kwargs)
        if name == "torch.autograd.grad":
            for gradient, source in zip(result, kwargs.get("inputs", args[1] if len(args) > 1 else ()), strict=True):
                _marked(gradient, is_there(source))
            return result
        for made in _tensors(result):
            _marked(made, there)
        return result

    @staticmethod
    def _moved(func: Callable, name: str, args: tuple, kwargs: dict) -> Any:
        """`to`, `cpu` and `cuda`, which give another tensor wherever the device changes, and no mark to the old one."""
        tensor, there = args[0], is_there(args[0]) if name.endswith("to") else name.endswith("cuda")
        more, dtype = [], None
        for value in (*args[1:], *kwargs.values()):
            if isinstance(value, Tensor):
                there, dtype = is_there(value), value.dtype
            elif isinstance(value, str | torch.device):
                there = torch.device(value).type == "cuda"
            elif isinstance(value, torch.dtype):
                dtype = value
            elif value is not None:
                more.append(value)
        is_copied = there != is_there(tensor) or (name.endswith("to") and kwargs.get("copy", False))
        result = torch.Tensor.to(tensor, dtype or tensor.dtype, copy=True) if is_copied else tensor
        result = result if is_copied else torch.Tensor.to(tensor, dtype or tensor.dtype)
        return _marked(result, there)

    @staticmethod
    def _refuse(func: Callable, name: str, args: tuple, kwargs: dict, given: list[Tensor]) -> None:
        there = [each for each in given if is_there(each)]
        if not there:
            return
        if strangers := [each for each in given if not is_there(each) and torch.Tensor.dim(each) > 0]:
            shapes = [tuple(each.shape) for each in strangers]
            raise RuntimeError(f"{name}: tensors on cuda:0, and of shapes {shapes} on the CPU")
        if func.__name__ in RANDOM_ORDER and RANDOM_ORDER[func.__name__](*args, **kwargs):
            raise RuntimeError(f"{name} has no deterministic form on CUDA")


def _tensors(value: Any) -> list[Tensor]:
    """All tensors in nested tuples, lists, dictionaries and slices."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, slice):
        value = [value.start, value.stop, value.step]
    return [each for part in value for each in _tensors(part)] if isinstance(value, list | tuple) else []


def _marked(tensor: Tensor, there: bool) -> Tensor:
    setattr(tensor, MARK, there)
    return tensor
