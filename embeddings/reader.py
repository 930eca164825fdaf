"""A neural reader by choice: question and passage read together, and the span that answers marked in the passage.

Any extractive question-answering model of the transformers library can be named. A passage longer than the model reads
at once is read in windows that overlap; `embeddings.spans` takes the best span of all of them. What is read is folded,
as it is for encoders and re-rankers: folding keeps the length, so that a place in the one is a place in the other.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from corpus.errors import ModelError
from corpus.fold import fold
from embeddings.models import check_device, find, first_line, quietly
from embeddings.spans import Reading, best_span, printed

_BATCH = 16
# As in the reference training scripts of transformers: 384 tokens at once, of which 128 (a third) overlap.
_WINDOW = 384
# RoBERTa and its kin count positions from 2 on.
_UNUSED_POSITIONS = 2
_ADVICE = "Give another, or leave the reader out."


class Reader(Protocol):
    """Anything that can mark an answer in a passage can stand in for a model."""

    @property
    def name(self) -> str:
        """What `load_reader` was given."""

    def read(self, question: str, passages: Sequence[str]) -> list[Reading | None]:
        """For each passage, in order, its best span beside the null span; None where there is nothing to mark."""


class TransformersReader:
    """A question-answering model of transformers. Several threads may use one; they take turns."""

    def __init__(self, name: str, model: Any, tokenizer: Any) -> None:
        """`model` gives start and end logits, `tokenizer` tells where its tokens stand.

        :raises ModelError: if the tokenizer does not tell.
        """
        if not tokenizer.is_fast:
            raise ModelError(
                f"The reader {name} has the tokenizer {type(tokenizer).__name__}, which does not tell where its tokens "
                f"stand in the text; expected a fast one, as saved in a tokenizer.json. {_ADVICE}"
            )
        self.name = name
        self._model = model
        self._tokenizer = tokenizer
        self._window = _window(model, tokenizer)
        # A fast tokenizer keeps its truncation in itself, and fails when two threads set it at once.
        self._lock = threading.Lock()

    def read(self, question: str, passages: Sequence[str]) -> list[Reading | None]:
        """For each passage, in order, its best span beside the null span; None where there is nothing to mark.

        Of a question longer than a third of what the model reads at once, the end is read: there it asks.

        :raises ModelError: if a logit is not a finite number.
        """
        out: list[Reading | None] = [None] * len(passages)
        filled = [n for n, passage in enumerate(passages) if passage.strip()]
        if not filled:
            return out
        with self._lock:
            asked = self._shortened(fold(question))
            columns, offsets, context, null, sample = self._windows(asked, [fold(passages[n]) for n in filled])
            start, end = self._logits(columns)
        needed = context.copy()
        needed[np.arange(len(null)), null] = True
        if not (np.isfinite(start[needed]).all() and np.isfinite(end[needed]).all()):
            raise ModelError(
                f"The reader {self.name} gave a logit that is no number; expected a finite one for each token. Copy "
                "the model again, or leave the reader out."
            )
        for at, n in enumerate(filled):
            own = sample == at
            places, inside = printed(passages[n], offsets[own], context[own])
            out[n] = best_span(start[own], end[own], places, inside, null[own])
        return out

    def _shortened(self, question: str) -> str:
        """The end of a question of more tokens than there is room for beside a passage."""
        limit = self._window // 3
        found = self._tokenizer(question, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        places = found["offset_mapping"]
        return question[places[-limit][0] :] if len(places) > limit else question

    def _windows(self, question: str, passages: Sequence[str]) -> tuple[dict[str, Any], Any, Any, Any, Any]:
        """What the model is given, as lists of a row for each window; then as arrays, filled up to the longest row:

        offsets, context and null as for `best_span`, and which of the passages each window is of.
        """
        tokenizer = self._tokenizer
        # Models that pad on the left have been trained with the passage first.
        right = tokenizer.padding_side == "right"
        questions = [question] * len(passages)
        found = tokenizer(
            *((questions, list(passages)) if right else (list(passages), questions)),
            truncation="only_second" if right else "only_first",
            max_length=self._window,
            stride=self._window // 3,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            padding=False,
            verbose=False,
        )
        rows = found["input_ids"]
        shape = (len(rows), max(map(len, rows)))
        offsets, context = np.zeros((*shape, 2), dtype=np.int64), np.zeros(shape, dtype=bool)
        null = np.zeros(len(rows), dtype=np.int64)
        mark = tokenizer.cls_token_id if tokenizer.cls_token_id is not None else tokenizer.bos_token_id
        for n, row in enumerate(rows):
            offsets[n, : len(row)] = found["offset_mapping"][n]
            context[n, : len(row)] = [side == (1 if right else 0) for side in found.sequence_ids(n)]
            null[n] = row.index(mark) if mark in row else 0
        columns = {name: found[name] for name in tokenizer.model_input_names if name in found}
        return columns, offsets, context, null, np.asarray(found["overflow_to_sample_mapping"])

    def _logits(self, columns: dict[str, Any]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Start and end logits, float32 (windows, tokens), 0 where a row was filled up."""
        import torch

        lengths = np.array([len(row) for row in columns["input_ids"]])
        filling = {"input_ids": self._tokenizer.pad_token_id or 0, "token_type_ids": self._tokenizer.pad_token_type_id}
        start, end = np.zeros((2, len(lengths), lengths.max()), dtype=np.float32)
        # Windows of like length together, so that little is read for nothing.
        order = np.argsort(lengths, kind="stable")
        for at in range(0, len(order), _BATCH):
            chosen = order[at : at + _BATCH]
            size = int(lengths[chosen].max())
            inputs = {}
            for name, rows in columns.items():
                filled = np.full((len(chosen), size), filling.get(name, 0), dtype=np.int64)
                for n, row in enumerate(chosen):
                    filled[n, : lengths[row]] = rows[row]
                inputs[name] = torch.from_numpy(filled).to(self._model.device)
            with torch.inference_mode():
                given = self._model(**inputs)
            start[chosen, :size] = given.start_logits.float().cpu().numpy()
            end[chosen, :size] = given.end_logits.float().cpu().numpy()
        return start, end


def _window(model: Any, tokenizer: Any) -> int:
    """How many tokens, with the question and all marks, are read at once."""
    limits = [_WINDOW, int(tokenizer.model_max_length)]
    positions = getattr(model.config, "max_position_embeddings", None)
    if isinstance(positions, int) and positions > 0:
        limits.append(positions - _UNUSED_POSITIONS)
    return min(limits)


def load_reader(name: str, device: str | None = None) -> TransformersReader:
    """The question-answering model in a local folder or of a hub id; imports torch.

    :param device: "cpu", "cuda", "cuda:1", "mps"; None for the best there is.
    :raises ModelError: if there is no such model, it cannot be loaded, is of another kind or without a fast tokenizer,
        or the device cannot be used.
    """
    if "/" not in name and not Path(name).expanduser().exists():
        raise ModelError(
            f"There is no reader {name!r}: no folder has this name, and a hub id names its owner as well, as in "
            "deepset/xlm-roberta-base-squad2. Check the spelling, or leave the reader out."
        )
    folder = find(name).folder
    architecture = _architecture(folder)
    # transformers would give another model start and end logits of random weights.
    if architecture and "QuestionAnswering" not in architecture:
        raise ModelError(
            f"The model {name} is a {architecture}, no reader; expected a model for extractive question answering such "
            f"as deepset/xlm-roberta-base-squad2. {_ADVICE}"
        )
    try:
        import torch
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer
    except ImportError as error:
        raise ModelError(
            f"The reader {name} needs torch and transformers, which are not installed; install them, or leave the "
            "reader out."
        ) from error
    check_device(device)
    if device is None:
        best = torch.accelerator.current_accelerator(check_available=True)
        device = "cpu" if best is None else str(best)
    try:
        with quietly(), _errors_only():
            options: dict[str, Any] = {"trust_remote_code": False, "local_files_only": True}
            tokenizer = AutoTokenizer.from_pretrained(str(folder), **options)
            model, told = AutoModelForQuestionAnswering.from_pretrained(
                str(folder), use_safetensors=True, dtype=torch.float32, output_loading_info=True, **options
            )
            missing = sorted(told["missing_keys"])
            if missing:
                raise ModelError(
                    f"The model {name} has no weights for {missing[0]}; expected a model trained to answer questions. "
                    f"{_ADVICE}"
                )
            reader = TransformersReader(name, model.to(device).eval(), tokenizer)
            # Some models of this kind need pictures as well, or fail at their last position: better now than later.
            reader.read("问" * _WINDOW, ["答" * _WINDOW])
    except ModelError:
        raise
    # What a hundred architectures can raise has no common base.
    except Exception as error:
        raise ModelError(
            f"The reader {name} cannot be loaded ({first_line(error)}); expected a model for extractive question "
            f"answering saved by transformers, or a hub id of one. {_ADVICE}"
        ) from error
    return reader


def _architecture(folder: Path) -> str:
    """The class that a model's config.json names; "" where it names none."""
    try:
        named = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("architectures")
    except (OSError, ValueError, AttributeError):
        return ""
    return str(named[0]) if isinstance(named, list) and named else ""


@contextmanager
def _errors_only() -> Iterator[None]:
    """No warnings of transformers: those that matter here are raised as errors, the rest is about training."""
    from transformers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging.set_verbosity(before)
