"""A zarr store some of whose files are objects (`objects`), for reading."""

import asyncio

from zarr.abc.store import ByteRequest, OffsetByteRequest, RangeByteRequest, Store, SuffixByteRequest
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.storage import WrapperStore

from infoplane.storage.objects import Objects


class WithObjects(WrapperStore[Store]):
    """A zarr store some of whose files are objects.

    Args:
        store: with the others, read-only.
        files: the SHA-256 of each object by its name in the store.
    """

    def __init__(self, store: Store, objects: Objects, files: dict[str, str]):
        super().__init__(store)
        self._objects, self._sums = objects, files

    async def get(self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None) -> Buffer | None:
        """As of any zarr store; an object that is missing is an error and no fill value."""
        if key not in self._sums:
            return await super().get(key, prototype, byte_range)
        content = await asyncio.to_thread(self._objects.get, self._sums[key], *_ends(byte_range))
        return prototype.buffer.from_bytes(content)

    async def exists(self, key: str) -> bool:
        """As of any zarr store."""
        return key in self._sums or await super().exists(key)


def _ends(byte_range: ByteRequest | None) -> tuple[int | None, int | None]:
    match byte_range:
        case RangeByteRequest(start, end):
            return start, end
        case OffsetByteRequest(offset):
            return offset, None
        case SuffixByteRequest(suffix):
            return -suffix, None
    return None, None
