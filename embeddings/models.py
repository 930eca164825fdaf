"""Where a model's files are, and whether they may be loaded: what encoders and re-rankers have in common.

A model is named by a local folder or by a hub id. One that is in the local cache is used as it is there, without asking
the hub: an index fits the very model it was made with, and answering needs no network. Only a model that is not cached
yet is downloaded. Weights are read from safetensors alone, and no code that comes with a model is ever run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.errors import ModelError

# Neither pickled weights nor code nor other runtimes' copies of the weights.
_WANTED = ["*.json", "*.safetensors", "*.txt", "*.model", "*.jinja"]
_UNWANTED = ["onnx/*", "openvino/*", "checkpoint-*/*", "runs/*", "consolidated*"]
_TOKENIZERS = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model", "*.tiktoken", "*etokenizer_config.json")
_PICKLED = ("pytorch_model*.bin", "adapter_model.bin")


@dataclass(frozen=True, slots=True)
class Found:
    """A model's folder; `revision` is the commit of a hub model, None for a folder of the user's own."""

    folder: Path
    revision: str | None = None


def find(name: str, organization: str = "sentence-transformers") -> Found:
    """The files of a model, downloaded if `name` is a hub id that is not in the local cache.

    The cache is that of huggingface_hub (HF_HOME, HF_HUB_CACHE), or SENTENCE_TRANSFORMERS_HOME where that is set;
    HF_HUB_OFFLINE=1 forbids the download.

    :param organization: whose model a hub id without a slash is, as in sentence-transformers.
    :raises ModelError: if there is no such model, it cannot be fetched, or its weights are no safetensors.
    """
    folder = Path(name).expanduser()
    # An empty name would be the folder one happens to be in.
    if name.strip() and folder.is_dir():
        found = Found(folder)
    elif folder.exists() or name.startswith((".", "~", os.sep)) or name.count("/") > 1 or not name.strip():
        raise ModelError(
            f"There is no model folder {name!r}; expected a folder saved by sentence-transformers or a hub id such as "
            "BAAI/bge-small-zh-v1.5. Check the path, or leave the model out."
        )
    else:
        repository = name if "/" in name else f"{organization}/{name}"
        place = _cached(repository)
        if place is None:
            place = _downloaded(name, repository)
        found = Found(place, place.name)
    _check_files(name, found)
    return found


def check_device(device: str | None) -> None:
    """Check that torch knows a device and can use it here; None leaves the choice to sentence-transformers.

    :raises ModelError: if it does not, or cannot.
    """
    if device is None:
        return
    import torch

    try:
        torch.zeros(1, device=device).tolist()
    # torch raises AssertionError where it was built without CUDA, NotImplementedError for devices that hold no data.
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        usable = ["cpu"]
        usable += [f"cuda:{n}" for n in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
        usable += ["mps"] if torch.backends.mps.is_available() else []
        raise ModelError(
            f"The device {device!r} cannot be used ({first_line(error)}); expected one of {', '.join(usable)}. "
            "Name one of these, or leave the device out."
        ) from None


@contextmanager
def quietly() -> Iterator[None]:
    """No progress bars of transformers: what they count takes a second, and they are drawn on logs as well."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def first_line(error: Exception) -> str:
    """The first line of an error's text, or its kind where it has none; at most 200 characters."""
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:200].rstrip(".:; ")


def kind_of(folder: Path) -> str:
    """The class of sentence-transformers that a model is made for: "SentenceTransformer", "CrossEncoder", …

    A plain transformer counts as the first, as in sentence-transformers; "" where the files do not tell.
    """
    try:
        saved = _json(folder / "config_sentence_transformers.json").get("model_type")
        if saved is not None or (folder / "modules.json").exists():
            return str(saved or "SentenceTransformer")
        architecture = str((_json(folder / "config.json").get("architectures") or [""])[0])
    except (OSError, ValueError, AttributeError, TypeError, IndexError):
        return ""
    if architecture.endswith("ForSequenceClassification"):
        return "CrossEncoder"
    return "" if architecture.endswith("ForCausalLM") or not architecture else "SentenceTransformer"


def _json(path: Path) -> dict[str, Any]:
    """A file's JSON object; {} where there is no such file."""
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def module_folders(folder: Path) -> list[Path]:
    """The folders that hold the parts of a model, the model's own first; those that modules.json names need not exist.

    :raises ModelError: if modules.json cannot be read or names a place outside the model's folder.
    """
    modules = folder / "modules.json"
    if not modules.exists():
        return [folder]
    try:
        paths = [str(module["path"]) for module in json.loads(modules.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelError(
            f"{modules} cannot be read ({first_line(error)}); expected the list of parts that sentence-transformers "
            "writes. Copy the model again."
        ) from None
    if any(Path(path).is_absolute() or ".." in Path(path).parts for path in paths):
        raise ModelError(
            f"{modules} names a place outside the model's folder; expected folders inside it. Do not use this model."
        )
    return list(dict.fromkeys([folder, *(folder / path for path in paths)]))


def _cached(repository: str) -> Path | None:
    """The cached snapshot of a hub model, None where there is none that could be loaded."""
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        place = _snapshot(repository, local=True)
    except LocalEntryNotFoundError as error:
        # Cached by another program, some file may be missing that was never needed.
        partial = getattr(error, "snapshot_path", None)
        if partial is None:
            return None
        place = Path(partial)
    except HFValidationError as error:
        raise ModelError(
            f"{repository!r} is neither a folder nor a hub id ({first_line(error)}); expected one such as "
            "BAAI/bge-small-zh-v1.5. Check the spelling, or leave the model out."
        ) from None
    return place if _loadable(place) else None


def _loadable(folder: Path) -> bool:
    """Whether everything needed seems to be there: an interrupted download leaves a folder with less."""
    try:
        if not all(part.is_dir() for part in module_folders(folder)):
            return False
        index = folder / "model.safetensors.index.json"
        if index.exists():
            shards = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
            weights = all((folder / shard).exists() for shard in shards)
        else:
            weights = _has(folder, "*.safetensors")
    except (ModelError, OSError, ValueError, TypeError, KeyError, AttributeError):
        return False
    described = (folder / "modules.json").exists() or (folder / "config.json").exists()
    return described and weights and _has(folder, *_TOKENIZERS)


def _has(folder: Path, *patterns: str) -> bool:
    """Whether one of the folders of a model's parts, not what lies below them, holds such a file."""
    # A link in the hub's cache whose file is gone does not exist.
    parts = module_folders(folder)
    return any(path.exists() for part in parts for pattern in patterns for path in part.glob(pattern))


def _downloaded(name: str, repository: str) -> Path:
    """The snapshot of a hub model, fetched as far as it is not cached."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    try:
        # `snapshot_download` gives what there is where it cannot reach the hub; this says so instead.
        HfApi().model_info(repository, revision="main")
        return _snapshot(repository, local=False)
    except GatedRepoError as error:
        reason = "is given out by its owner on request only"
        step = "Log in to the hub with an account that was let in, or choose another model"
        raise ModelError(f"The model {name} {reason} ({first_line(error)}); {step}.") from error
    except RepositoryNotFoundError as error:
        raise ModelError(
            f"There is no model {name}: neither a folder nor a public model of the hub has this name; "
            "check the spelling, or leave the model out."
        ) from error
    # Sockets, proxies, disks and the hub's own errors have no common base.
    except Exception as error:
        cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
        raise ModelError(
            f"The model {name} is not in the local cache and cannot be fetched from the hub ({first_line(cause)}); "
            "connect to the network once, give a folder, or leave the model out."
        ) from error


def _snapshot(repository: str, local: bool) -> Path:
    from huggingface_hub import snapshot_download

    return Path(
        snapshot_download(
            repository,
            cache_dir=os.environ.get("SENTENCE_TRANSFORMERS_HOME"),
            local_files_only=local,
            allow_patterns=_WANTED,
            ignore_patterns=_UNWANTED,
        )
    )


def _check_files(name: str, found: Found) -> None:
    """Refuse a model of which a part would be read from a pickle, which may run code, or that lacks its tokenizer."""
    weights = _has(found.folder, "*.safetensors")
    for part in module_folders(found.folder):
        names = [path.name for pattern in _PICKLED for path in sorted(part.glob(pattern))]
        if names and not any(part.glob("*.safetensors")):
            has = f"its weights in {(part / names[0]).relative_to(found.folder).as_posix()}"
            break
    else:
        # Of a hub model the pickled files were not even downloaded. A folder without any is not ours to judge.
        has = "no weights in safetensors" if found.revision is not None and not weights else ""
    if has:
        raise ModelError(
            f"The model {name} has {has}; expected model.safetensors, since other formats can run code when they are "
            "read. Choose a model that has it, or save this one anew with `SentenceTransformer.save`."
        )
    # transformers would make one up that knows no word.
    if weights and not _has(found.folder, *_TOKENIZERS):
        raise ModelError(
            f"The model {name} has no tokenizer; expected tokenizer.json or another vocabulary beside its weights. "
            "Copy the model again."
        )
