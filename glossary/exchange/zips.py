"""ZIPs as a stream: written piece by piece, never whole in memory or on disk."""

import zipfile
from collections.abc import Iterable, Iterator

PIECE = 64 * 1024
"""Bytes that are handed on together, more or less."""
_MOMENT = (1980, 1, 1, 0, 0, 0)
# Equal content makes equal archives: no date of their own, readable by everybody.
_MODE = 0o644 << 16

Content = bytes | Iterable[bytes]


class _Pipe:
    """What a ZIP is written to; `taken` hands it on."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.size = 0

    def write(self, piece: bytes) -> int:
        self.pieces.append(bytes(piece))
        self.size += len(piece)
        return len(piece)

    def flush(self) -> None:
        pass

    def taken(self) -> bytes:
        whole = b"".join(self.pieces)
        self.pieces, self.size = [], 0
        return whole


def stream(files: Iterable[tuple[str, Content]]) -> Iterator[bytes]:
    """Yield a ZIP of `files`, (path, content) each; a content may be a stream itself."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:  # type: ignore[call-overload] # only write() is used
        for path, content in files:
            info = zipfile.ZipInfo(path, _MOMENT)
            info.external_attr = _MODE
            info.compress_type = zipfile.ZIP_DEFLATED
            pieces = [content] if isinstance(content, bytes) else content
            with archive.open(info, "w", force_zip64=not isinstance(content, bytes)) as place:
                for piece in pieces:
                    place.write(piece)
                    if pipe.size >= PIECE:
                        yield pipe.taken()
            if pipe.size >= PIECE:
                yield pipe.taken()
    yield pipe.taken()
