"""The files of a bundle, read from a folder or a zip without unpacking to disk."""

import io
import lzma
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from study.errors import InvalidInput
from study.formats.problems import refuse, shortened

MOST_BYTES = 1 << 30
MOST_RATIO = 200
SMALL_BYTES = 10_000
PLAIN_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
PIECE = (
    1 << 16
)  # bytes decompressed at once; a plain `read()` would unpack everything before its size is known
# The exceptions that the zip and compression modules raise on broken or unusual files.
BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
    IndexError,
)


def files_of(
    source: Path | bytes, name: str, is_wanted: Callable[[str], bool], *, most_bytes: int = MOST_BYTES
) -> dict[str, bytes]:
    """Return the wanted files at the top of a folder or a zip, as bytes by file name.

    A zip may hold everything in one folder. Hidden files and subfolders are ignored.

    Raises
    ------
    InvalidInput
        If the zip is broken or encrypted, contains a link or a path outside it, or is too large when unpacked.
    """
    try:
        if isinstance(source, Path) and source.is_dir():
            return _files_of_folder(source, name, is_wanted, most_bytes)
        with zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source) as archive:
            return _files_of_zip(archive, name, is_wanted, most_bytes)
    except InvalidInput:
        raise
    except OSError as error:
        refuse(name, f"it cannot be read ({error.strerror or shortened(str(error))})")
    except BROKEN_ZIP as error:
        refuse(name, f"not a readable zip file ({shortened(str(error))})")


def _files_of_folder(
    folder: Path, name: str, is_wanted: Callable[[str], bool], most_bytes: int
) -> dict[str, bytes]:
    paths = sorted(path for path in folder.iterdir() if path.is_file() and is_wanted(path.name))
    for path in paths:
        if path.is_symlink():
            refuse(name, f"{path.name} is a link; replace it with the file itself")
    _refuse_large(name, sum(path.stat().st_size for path in paths), most_bytes)
    return {path.name: path.read_bytes() for path in paths}


def _files_of_zip(
    archive: zipfile.ZipFile, name: str, is_wanted: Callable[[str], bool], most_bytes: int
) -> dict[str, bytes]:
    for entry in archive.infolist():
        _refuse_unsafe(entry, name)
    paths = {entry: PurePosixPath(entry.filename) for entry in archive.infolist() if not entry.is_dir()}
    paths = {entry: path for entry, path in paths.items() if not _is_hidden(path)}
    tops = {path.parts[0] for path in paths.values()}
    depth = 2 if len(tops) == 1 and all(len(path.parts) > 1 for path in paths.values()) else 1
    wanted = {
        entry: path.name for entry, path in paths.items() if len(path.parts) == depth and is_wanted(path.name)
    }
    _refuse_large(name, sum(entry.file_size for entry in wanted), most_bytes)
    twice = [file for file, count in Counter(wanted.values()).items() if count > 1]
    if twice:
        refuse(name, f"the zip contains {shortened(twice[0])} twice")
    found: dict[str, bytes] = {}
    n_before = 0
    for entry, file in wanted.items():
        found[file] = _unpacked(archive, entry, name, n_before, most_bytes)
        n_before += len(found[file])
    return found


def _unpacked(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, n_before: int, most_bytes: int
) -> bytes:
    """Unpack one file in small pieces, stopping at the first byte over the limit whatever size the zip claims."""
    if entry.compress_type not in PLAIN_METHODS:
        refuse(name, f"{shortened(entry.filename)} uses an unusual compression; make a standard zip")
    content = bytearray()
    with archive.open(entry) as stream:
        while piece := stream.read(PIECE):
            content += piece
            _refuse_large(name, n_before + len(content), most_bytes)
    if len(content) != entry.file_size:
        refuse(name, f"{shortened(entry.filename)} does not have the size that the zip states")
    return bytes(content)


def _is_hidden(path: PurePosixPath) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in path.parts)


def _refuse_unsafe(entry: zipfile.ZipInfo, name: str) -> None:
    path = entry.filename
    shown = shortened(path)
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path or ":" in parts[0]:
        refuse(name, f"the zip contains the path {shown}, which leads outside it")
    if stat.S_ISLNK(entry.external_attr >> 16):
        refuse(name, f"the zip contains the link {shown}; replace it with the file itself")
    if entry.flag_bits & 1:
        refuse(name, f"{shown} is encrypted; make a zip without a password")
    if entry.file_size > MOST_RATIO * max(entry.compress_size, SMALL_BYTES):
        refuse(name, f"{shown} unpacks to more than {MOST_RATIO} times its size, which is not allowed")


def _refuse_large(name: str, size: int, most_bytes: int) -> None:
    if size > most_bytes:
        refuse(name, f"{size:,} bytes unpacked; at most {most_bytes:,} are read")
