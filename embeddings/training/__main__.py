"""Train the bundled encoder from the training material: `python -m embeddings.training --material DIR`."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from embeddings.encoder import BUNDLED, StaticEncoder
from embeddings.training import material as read
from embeddings.training.contrast import Plan, train
from embeddings.training.lexicon import build_lexicon
from embeddings.training.measure import held_out_ranks, table
from embeddings.training.pairs import Asked, Recipe, Sampler, Texts
from embeddings.training.save import save_model
from embeddings.training.vectors import first_vectors
from embeddings.training.vocabulary import choose_pieces, count_words, make_tokenizer

_log = logging.getLogger("embeddings.training")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m embeddings.training", description=__doc__)
    parser.add_argument("--material", type=Path, required=True, metavar="DIR", help="folder of the training material")
    parser.add_argument("--out", type=Path, default=BUNDLED, metavar="DIR", help="folder to write the model to")
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--size", type=int, default=42_000, help="tokens in the vocabulary")
    parser.add_argument("--dim", type=int, default=256)
    parser.add_argument("--characters", type=int, default=40_000_000, help="how much text to train on")
    parser.add_argument("--count-characters", type=int, default=9_000_000, help="how much text to count words in")
    parser.add_argument("--epochs", type=int, default=2, help="word2vec passes")
    parser.add_argument("--steps", type=int, default=3_000, help="contrastive steps")
    parser.add_argument("--rate", type=float, default=4e-3, help="highest learning rate")
    parser.add_argument("--minutes", type=float, default=45.0, help="stop the contrastive steps after this time")
    parser.add_argument("--soft", type=int, default=96, help="questions of a batch trained word against word")
    parser.add_argument("--hide", type=float, default=0.3, help="share of shared words taken out of passages")
    parser.add_argument(
        "--hold", type=int, default=10, help="keep every n-th document that questions are on out; 0: none"
    )
    parser.add_argument(
        "--work", type=Path, metavar="DIR", help="keep what was prepared here, and use it if it is there"
    )
    return parser.parse_args()


def _prepare(options: argparse.Namespace) -> tuple[Tokenizer, Texts, NDArray[np.float32]]:
    """The tokenizer, the texts' ids and the first vectors: what does not depend on the contrastive part."""
    kept = None if options.work is None else options.work / "prepared.npz"
    if kept is not None and kept.exists():
        with np.load(kept) as stored:
            texts = Texts.from_arrays(stored["ids"], stored["ends"], stored["starts"])
            return Tokenizer.from_str(str(stored["tokenizer"])), texts, stored["first"]
    entries = read.thesaurus(options.material)
    asked, docs = read.questions(options.material)
    held = read.held_out(docs, options.hold)
    articles = read.articles(options.material, options.characters, options.seed)
    _log.info("%d texts read", len(articles))

    def counted() -> Iterator[str]:
        total = 0
        for article in articles:
            text = "".join(article)
            total += len(text)
            if total > options.count_characters:
                return
            yield text

    counts = count_words(counted())
    # Words of questions that are trained on, often enough to stay.
    counts.update({w: 3 * n for w, n in count_words(q.text for q in asked if q.doc not in held).items()})
    _log.info("%d different words counted", len(counts))
    tokenizer = make_tokenizer(choose_pieces(counts, entries, options.size))
    flat = [sentence for article in articles for sentence in article]
    encoded: list[list[int]] = []
    for start in range(0, len(flat), 20_000):
        found = tokenizer.encode_batch_fast(flat[start : start + 20_000], add_special_tokens=False)
        encoded += [e.ids for e in found]
    grouped, start = [], 0
    for article in articles:
        sentences = [ids for ids in encoded[start : start + len(article)] if ids]
        start += len(article)
        if len(sentences) > 1:
            grouped.append(sentences)
    texts = Texts(grouped)
    _log.info("%d tokens in %d texts; vocabulary of %d", len(texts.ids), len(texts), tokenizer.get_vocab_size())
    first = first_vectors(
        [[str(i) for i in ids] for ids in encoded], tokenizer, entries, options.dim, options.epochs, options.seed
    )
    _log.info("first vectors done")
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        text = np.array(tokenizer.to_str())
        np.savez(kept, tokenizer=text, ids=texts.ids, ends=texts.ends, starts=texts.starts, first=first)
    return tokenizer, texts, first


def _sampler(options: argparse.Namespace, tokenizer: Tokenizer, texts: Texts) -> Sampler:
    """The sampler over everything but the held-out documents."""

    def encode(text: str) -> list[int]:
        return [i for i in tokenizer.encode(text, add_special_tokens=False).ids if i]

    entries = read.thesaurus(options.material)
    asked, docs = read.questions(options.material)
    held = read.held_out(docs, options.hold)
    kept = sorted(set(docs) - held)
    number = {doc: n for n, doc in enumerate(kept)}
    documents = Texts([[encode(s) for s in docs[doc]] for doc in kept])
    training = []
    for q in asked:
        if q.doc in number:
            place = next((n for n, s in enumerate(docs[q.doc]) if q.answer and q.answer in s), -1)
            training.append(Asked(encode(q.text), number[q.doc], place, q.style == "english"))
    counts: Counter[int] = Counter(
        dict(enumerate(np.bincount(texts.ids, minlength=tokenizer.get_vocab_size()).tolist()))
    )
    groups = []
    for entry in entries:
        chinese = [ids for w in (entry.word, *entry.same) if (ids := encode(w))]
        if chinese:
            groups.append((chinese, [ids for e in entry.english if (ids := encode(e))]))
    given = [(encode(q), [i for s in p for i in encode(s)]) for q, p in read.pairs(options.material, options.hold)]
    lexicon = build_lexicon(tokenizer, entries, [q for q in asked if q.doc not in held], counts)
    return Sampler(texts, documents, training, given, groups, lexicon, Recipe(hide=options.hide), options.seed)


def main() -> None:
    """Prepare, train, measure on the held-out documents, save."""
    options = _arguments()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(message)s")
    logging.getLogger("gensim").setLevel(logging.WARNING)
    began = time.monotonic()
    tokenizer, texts, first = _prepare(options)
    asked, docs = read.questions(options.material)
    held = read.held_out(docs, options.hold)

    def measured(weights: NDArray[np.float32]) -> str:
        return table(held_out_ranks(StaticEncoder("training", tokenizer, weights, ""), asked, docs, held))

    def report(step: int, loss: float, weights: NDArray[np.float32]) -> None:
        _log.info("step %d, loss %.3f\n%s", step, loss, measured(weights))

    _log.info("first vectors\n%s", measured(first))
    sampler = _sampler(options, tokenizer, texts)
    plan = Plan(options.steps, options.rate, options.minutes * 60, options.soft)
    trained = train(first, sampler, plan, report)
    save_model(options.out, tokenizer, trained)
    _log.info("trained, in half precision\n%s", measured(trained.astype(np.float16).astype(np.float32)))
    _log.info("saved to %s after %.0f s", options.out, time.monotonic() - began)


if __name__ == "__main__":
    main()
