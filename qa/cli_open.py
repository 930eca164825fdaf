"""What the commands share: progress, the models and filters that are named, opening the pages."""

from __future__ import annotations

import argparse
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tqdm import tqdm

    from qa.archive import Archive
    from qa.filters import Filter
    from qa.retriever import Options

SWITCHES = {
    "dense": "the encoder's vectors",
    "lexical": "BM25",
    "pairs": "character pairs in BM25",
    "thesaurus": "the thesaurus",
    "soft": "soft word match",
    "rank": "the second look at the first hits, and what a passage's kind (body before headline) and length count",
}
FILTERS = {
    "page": ("N", "of this page of the newspaper, such as 1 or A3"),
    "kind": ("KIND", "of this kind: article, photo, index, document, body, caption, headline, byline or jump"),
    "reporter": ("NAME", "of articles that this reporter, correspondent or photographer signs"),
    "source": ("GLOB", "of files with such a path or name, as '2026*'"),
}


class ProgressBar:
    """Progress on stderr, one bar for each kind of work; silent where stderr is no terminal."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] | None = None
        self._what = ""

    def __call__(self, what: str, done: int, of: int) -> None:
        from tqdm import tqdm

        if what != self._what or self._bar is None:
            self.close()
            self._bar, self._what = tqdm(total=of, desc=what, file=sys.stderr, disable=None), what
        self._bar.total = of
        self._bar.update(done - self._bar.n)
        if done >= of:
            self.close()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
        self._bar, self._what = None, ""


class Models:
    """The models that a command names, loaded once, when they are first wanted, for all pages that are opened."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._lock = threading.Lock()
        self._loaded: dict[str, Any] | None = None

    def __call__(self) -> dict[str, Any]:
        """What `Archive.open` is told of models.

        :raises ModelError: if one cannot be loaded; the next call tries again.
        """
        from embeddings.encoder import load_encoder
        from embeddings.reader import load_reader
        from embeddings.reranker import load_reranker

        args = self._args
        with self._lock:
            if self._loaded is None:
                self._loaded = {
                    "model": load_encoder(args.model, args.device, args.question_prompt),
                    "reranker": None if args.reranker is None else load_reranker(args.reranker, args.device),
                    "reader": None if args.reader is None else load_reader(args.reader, args.device),
                }
            return self._loaded


def open_archive(args: argparse.Namespace, models: Models | None = None) -> Archive:
    """The archive of the pages that a command names; what happened on opening is said on stderr.

    :param models: those to use; None to load what the command names.
    """
    from qa.archive import Archive

    where_of(args)  # a bad date is said before anything is read
    bar = ProgressBar()
    try:
        archive = Archive.open(
            args.pages,
            options=options_of(args),
            progress=bar,
            where=where_of(args),
            **({"model": args.model, **models_of(args)} if models is None else models()),
        )
    finally:
        bar.close()
    for note in archive.notes:
        print(f"baowen: {note}", file=sys.stderr)
    for skipped in archive.skipped:
        print(f"baowen: skipped {skipped.source}: {skipped.reason}", file=sys.stderr)
    return archive


def models_of(args: argparse.Namespace) -> dict[str, Any]:
    """What `Archive.open` is told of models beside their name."""
    return {name: getattr(args, name, None) for name in ("device", "reranker", "question_prompt", "reader")}


def where_of(args: argparse.Namespace) -> Filter | None:
    from qa.filters import filter_of

    return filter_of(**{name: getattr(args, name, None) for name in ("first", "last", *FILTERS)})


def options_of(args: argparse.Namespace) -> Options:
    from qa.retriever import Options

    switches: dict[str, Any] = {name: not getattr(args, f"no_{name}", False) for name in SWITCHES}
    return Options(**switches, threshold=getattr(args, "threshold", None))
