"""Question and passage read together: a CrossEncoder that puts the best of the passages found in a better order.

Reading every passage with the question is too slow for a whole archive, so only the first hits are re-ranked (see
`qa.rerank`). There is no bundled re-ranker; any sentence-transformers CrossEncoder with one output can be named.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from corpus.errors import ModelError
from corpus.fold import fold
from embeddings.models import check_device, find, first_line, kind_of, quietly

_BATCH = 16


class Reranker(Protocol):
    """Anything that can score passages against a question can stand in for a model."""

    @property
    def name(self) -> str:
        """What `load_reranker` was given."""

    def score(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """float32 (n,), in the passages' order: higher is better, unbounded, 0 where it is as likely as not."""


class CrossEncoderReranker:
    """A CrossEncoder of sentence-transformers. Several threads may use one; they take turns."""

    def __init__(self, name: str, model: Any) -> None:
        """`model` is a CrossEncoder.

        :raises ModelError: if it has other than one output: what the others mean is not known.
        """
        if model.num_labels != 1:
            raise ModelError(
                f"The re-ranker {name} has {model.num_labels} outputs; expected one, the score of a passage. Choose a "
                "model made for ranking, such as BAAI/bge-reranker-v2-m3, or leave the re-ranker out."
            )
        self.name = name
        self._model = model
        # A fast tokenizer keeps its truncation in itself, and fails when two threads set it at once.
        self._lock = threading.Lock()

    def score(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """float32 (n,), in the passages' order: higher is better; the logit, before any sigmoid.

        A question and passage that are longer together than the model reads are cut, the longer of them first.

        :raises ModelError: if a score is not a finite number.
        """
        if not passages:
            return np.empty(0, dtype=np.float32)
        from torch.nn import Identity

        folded = fold(question)
        pairs = [(folded, fold(passage)) for passage in passages]
        with self._lock:
            # A sigmoid would make one of all scores above 17 in float32, and with them of their order.
            found = self._model.predict(pairs, batch_size=_BATCH, activation_fn=Identity(), show_progress_bar=False)
        scores = np.asarray(found, dtype=np.float32).reshape(-1)
        if len(scores) != len(passages) or not np.isfinite(scores).all():
            raise ModelError(
                f"The re-ranker {self.name} gave {len(scores)} scores for {len(passages)} passages, or one that is no "
                "number; expected a finite one for each. Copy the model again, or leave the re-ranker out."
            )
        return scores


def load_reranker(name: str, device: str | None = None) -> CrossEncoderReranker:
    """The CrossEncoder in a local folder or of a hub id; imports torch.

    :param device: "cpu", "cuda", "cuda:1", "mps"; None lets sentence-transformers choose.
    :raises ModelError: if there is no such model, it cannot be loaded, has other than one output, or the device cannot
        be used.
    """
    found = find(name, "cross-encoder")
    kind = kind_of(found.folder)
    # sentence-transformers would give it an output of random weights.
    if kind not in ("CrossEncoder", ""):
        raise ModelError(
            f"The model {name} is a {kind}, no re-ranker; expected a CrossEncoder such as BAAI/bge-reranker-v2-m3. "
            "Name it as the model, or leave the re-ranker out."
        )
    try:
        from sentence_transformers import CrossEncoder
    except ImportError as error:
        raise ModelError(
            f"The re-ranker {name} needs sentence-transformers, which is not installed; install it, or leave the "
            "re-ranker out."
        ) from error
    check_device(device)
    try:
        with quietly():
            model = CrossEncoder(
                str(found.folder),
                device=device,
                trust_remote_code=False,
                local_files_only=True,
                model_kwargs={"use_safetensors": True},
            )
    # What a hundred architectures can raise has no common base.
    except Exception as error:
        raise ModelError(
            f"The re-ranker {name} cannot be loaded ({first_line(error)}); expected a CrossEncoder saved by "
            "sentence-transformers, or a hub id of one. Give another, or leave the re-ranker out."
        ) from error
    return CrossEncoderReranker(name, model)
