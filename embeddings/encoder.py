"""Texts to vectors: the bundled encoder without torch, any other sentence-transformers model with it.

The bundled model is a table of one row per token. A text's vector is the mean of its tokens' rows, scaled to length
one; how much a token counts is in the length of its row. Questions and passages are put into their matching form first.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from corpus.errors import ModelError
from corpus.fold import fold
from embeddings.models import Found, check_device, find, first_line, kind_of, quietly
from embeddings.prompts import Prompts, prompts_of

if TYPE_CHECKING:
    from tokenizers import Tokenizer

BUNDLED = Path(__file__).parent / "model"
BUNDLED_NAME = "bundled"
_BATCH = 1024
_OWN = Prompts()


class Encoder(Protocol):
    """Anything with both verbs can stand in for a model."""

    @property
    def name(self) -> str:
        """What `load_encoder` was given; "bundled" for the model that is part of the package."""

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""

    @property
    def fingerprint(self) -> str:
        """Hexadecimal SHA-256 over the model's files; two models that give other vectors differ in it."""

    def encode_questions(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """float32 (n, dim), unit rows; a zero row for a text without any token."""

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """float32 (n, dim), unit rows; a zero row for a text without any token."""


class StaticEncoder:
    """A tokenizer and a table of vectors; needs neither torch nor sentence-transformers.

    `table` is float32 (vocabulary, dim), as saved: the rows are not scaled to length one.
    """

    def __init__(self, name: str, tokenizer: Tokenizer, table: NDArray[np.float32], fingerprint: str) -> None:
        """`table` is float32 (vocabulary, dim).

        :raises ModelError: if the table has not one row for each token.
        """
        if table.ndim != 2 or len(table) != tokenizer.get_vocab_size():
            raise ModelError(
                f"The model {name} has a table of shape {table.shape} but {tokenizer.get_vocab_size()} tokens; "
                "expected one row for each token. Copy the model's folder again."
            )
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self.name = name
        self.dim = int(table.shape[1])
        self.fingerprint = fingerprint
        self.tokenizer = tokenizer
        self.table = table

    def encode_questions(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """float32 (n, dim), unit rows; a zero row for a text without any token."""
        return self._encode(texts)

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """float32 (n, dim), unit rows; a zero row for a text without any token."""
        return self._encode(texts)

    def _encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for start in range(0, len(texts), _BATCH):
            folded = [fold(text) for text in texts[start : start + _BATCH]]
            found = self.tokenizer.encode_batch_fast(folded, add_special_tokens=False)
            for row, encoding in enumerate(found, start):
                if encoding.ids:
                    vectors[row] = self.table[encoding.ids].mean(axis=0)
        return _unit(vectors)


class TransformerEncoder:
    """A sentence-transformers model of any architecture. Several threads may use one; they take turns."""

    def __init__(self, name: str, model: Any, fingerprint: str, prompts: Prompts = _OWN) -> None:
        """`model` is a SentenceTransformer; `prompts` stand before the texts, by default those the model carries."""
        self.name = name
        self.dim = int(model.get_embedding_dimension())
        self.fingerprint = fingerprint
        self._model = model
        self._prompts = prompts
        # A fast tokenizer keeps its truncation in itself, and fails when two threads set it at once.
        self._lock = threading.Lock()

    def encode_questions(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """float32 (n, dim), unit rows; a zero row for an empty text."""
        return self._encode(self._model.encode_query, texts, self._prompts.question)

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """float32 (n, dim), unit rows; a zero row for an empty text."""
        return self._encode(self._model.encode_document, texts, self._prompts.passage)

    def _encode(self, encode: Any, texts: Sequence[str], prompt: str | None) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        filled = [row for row, text in enumerate(texts) if text.strip()]
        if filled:
            folded = [fold(texts[row]) for row in filled]
            with self._lock:
                found = encode(folded, prompt=prompt, normalize_embeddings=True, show_progress_bar=False)
            vectors[filled] = np.asarray(found, dtype=np.float32)
        return _unit(vectors)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The rows scaled to length one; zero rows stay zero."""
    norms = np.sqrt((vectors * vectors).sum(axis=1, keepdims=True))
    norms[norms == 0.0] = 1.0
    scaled: NDArray[np.float32] = np.divide(vectors, norms, dtype=np.float32)
    return scaled


def fingerprint_of(folder: Path) -> str:
    """Hexadecimal SHA-256 over the sorted names and the bytes of a model's files; cards and hidden files not."""
    digest = hashlib.sha256()
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file() and p.suffix != ".md")
    for name in names:
        if not name.startswith("."):
            with (folder / name).open("rb") as file:
                digest.update(name.encode() + b"\0" + hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def load_encoder(name: str | None = None, device: str | None = None, question_prompt: str | None = None) -> Encoder:
    """The bundled encoder (`name` None), or the model in a local folder or of a hub id.

    :param device: "cpu", "cuda", "cuda:1", "mps", for models that run in torch; None lets sentence-transformers choose.
        The bundled encoder needs none.
    :param question_prompt: put before each question, "" for nothing. None: the environment variable
        BAOWEN_QUESTION_PROMPT, or else what the model carries, or else what its family's card says (`prompts`). The
        bundled encoder takes none.
    :raises ModelError: if there is no such model, it cannot be loaded, or the device cannot be used.
    """
    if name is None:
        return _bundled()
    if question_prompt is None:
        question_prompt = os.environ.get("BAOWEN_QUESTION_PROMPT")
    found = find(name)
    if not question_prompt and _is_static(found.folder):
        return _load_static(name, found.folder)
    return _load_transformer(name, found, device, question_prompt)


@functools.cache
def _bundled() -> StaticEncoder:
    """The one that is part of the package, and that nothing changes: soft matching and all archives share it."""
    return _load_static(BUNDLED_NAME, BUNDLED)


def _is_static(folder: Path) -> bool:
    """Whether the folder holds a table and nothing that torch would be needed for."""
    modules, config = folder / "modules.json", folder / "config_sentence_transformers.json"
    try:
        kinds = [str(m["type"]).rsplit(".", 1)[-1] for m in json.loads(modules.read_text(encoding="utf-8"))]
        prompts = json.loads(config.read_text(encoding="utf-8")).get("prompts") if config.exists() else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        # Not ours to judge: sentence-transformers says what is wrong with it.
        return False
    has_prompts = any((prompts or {}).values())
    return kinds in (["StaticEmbedding"], ["StaticEmbedding", "Normalize"]) and not has_prompts


def _load_static(name: str, folder: Path) -> StaticEncoder:
    """A StaticEmbedding folder without torch."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    paths = [path.parent for path in folder.rglob("tokenizer.json")]
    home = paths[0] if paths else folder
    try:
        table = load_file(home / "model.safetensors")["embedding.weight"].astype(np.float32)
        tokenizer = Tokenizer.from_file(str(home / "tokenizer.json"))
        fingerprint = fingerprint_of(folder)
    # The tokenizers library raises plain Exception for a file it cannot read.
    except Exception as error:
        if not isinstance(error, OSError | SafetensorError | KeyError | ValueError) and type(error) is not Exception:
            raise
        raise ModelError(
            f"The model {name} in {folder} cannot be read ({first_line(error)}); expected model.safetensors with "
            "embedding.weight and tokenizer.json. Copy or install it again."
        ) from error
    return StaticEncoder(name, tokenizer, table, fingerprint)


def _load_transformer(name: str, found: Found, device: str | None, question_prompt: str | None) -> TransformerEncoder:
    """Any model through sentence-transformers; imports torch."""
    kind = kind_of(found.folder)
    if kind not in ("SentenceTransformer", ""):
        raise ModelError(
            f"The model {name} is a {kind}; expected a SentenceTransformer, which gives a text one vector. "
            "A CrossEncoder can be named as the re-ranker; leave the model out to use the bundled one."
        )
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise ModelError(
            f"The model {name} needs sentence-transformers, which is not installed; install it, or leave "
            "the model out to use the bundled one."
        ) from error
    check_device(device)
    try:
        with quietly():
            model = SentenceTransformer(
                str(found.folder),
                device=device,
                trust_remote_code=False,
                local_files_only=True,
                model_kwargs={"use_safetensors": True},
            )
        fingerprint = _fingerprint(name, found)
    # What a hundred architectures can raise has no common base.
    except Exception as error:
        raise ModelError(
            f"The model {name} cannot be loaded ({first_line(error)}); expected a folder saved by sentence-"
            "transformers or a hub id of such a model. Give another, or leave the model out to use the bundled one."
        ) from error
    prompts = prompts_of(name, found.folder)
    if prompts.passage:
        # Not in the model's files, yet other vectors come of it.
        fingerprint = hashlib.sha256(f"{fingerprint} {prompts.passage}".encode()).hexdigest()
    if question_prompt is not None:
        prompts = replace(prompts, question=question_prompt)
    return TransformerEncoder(name, model, fingerprint, prompts)


def _fingerprint(name: str, found: Found) -> str:
    """That of a folder's files; of a hub model its id and commit, since the cache may hold more files than are used."""
    if found.revision is None:
        return fingerprint_of(found.folder)
    return hashlib.sha256(f"{name}@{found.revision}".encode()).hexdigest()
