"""The archive: a folder of pages, opened for questions. What other programs use."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

from corpus.errors import QuestionError
from corpus.files import sample_pages
from corpus.jumps import continuations
from corpus.passages import slice_block
from corpus.records import Article, Block, Page, Passage, Skipped
from embeddings import thesaurus
from embeddings.encoder import load_encoder
from embeddings.index import Index, lexical_text, open_index
from embeddings.reranker import Reranker, load_reranker
from qa import dialogue
from qa.abstain import THRESHOLD, confidence, is_question, reason_for
from qa.cite import cite
from qa.dialogue import Topic
from qa.extract import Part, best_answer, best_quote
from qa.match import Matcher
from qa.question import LONGEST_QUESTION, Question, analyse
from qa.records import Excerpt, Hit, Reason, Reply
from qa.rerank import DEPTH, rerank
from qa.retriever import Options, Retriever, Scored

Progress = Callable[[str, int, int], None]
_DEFAULT = Options()
_QUOTED_HITS = 3


class Archive:
    """Pages opened for questions. Reading only: several threads may ask one archive."""

    def __init__(
        self, root: Path, index: Index, retriever: Retriever, options: Options, reranker: Reranker | None = None
    ) -> None:
        self.root = root
        self.options = options
        self._index = index
        self._retriever = retriever
        self._reranker = reranker
        self._articles = {article.id: article for page in index.pages for article in page.articles}
        self._pages = {page.source: page for page in index.pages}

    @classmethod
    def open(
        cls,
        pages: Path | str | None = None,
        *,
        model: str | None = None,
        options: Options = _DEFAULT,
        progress: Progress | None = None,
        device: str | None = None,
        reranker: str | Reranker | None = None,
        question_prompt: str | None = None,
    ) -> Archive:
        """Read and index what is new or changed under `pages`, load the rest.

        :param pages: a folder or one file; None for the bundled sample pages.
        :param model: a sentence-transformers model, by folder or hub id; None for the bundled encoder.
        :param progress: called with what is being done, how much of it is done, and of how much.
        :param device: where models run in torch: "cpu", "cuda", "mps"; None for the best there is. The bundled encoder
            needs none.
        :param reranker: a CrossEncoder, by folder or hub id, that re-orders the first hits of every question (see
            `qa.rerank`); or anything that can score passages; None for none.
        :param question_prompt: what the model wants before a question, where it does not say so itself; as for
            `embeddings.encoder.load_encoder`.
        :raises PagesError: if there is nothing to read.
        :raises ModelError: if a model cannot be loaded, or the device cannot be used.
        :raises StorageError: if the index cannot be written.
        """
        root = sample_pages() if pages is None else Path(pages).expanduser()
        encoder = load_encoder(model, device, question_prompt)
        if isinstance(reranker, str):
            reranker = load_reranker(reranker, device)
        index = open_index(root, encoder, progress)
        return cls(root, index, Retriever(index, encoder, thesaurus.bundled(), options), options, reranker)

    @property
    def pages(self) -> tuple[Page, ...]:
        """All pages, in order of their path."""
        return self._index.pages

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Files that were not read, with their reasons."""
        return self._index.skipped

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the user about what happened on opening, such as a damaged index that was rebuilt."""
        return self._index.notes

    def statistics(self) -> dict[str, int | str]:
        """Counts of pages and passages, the model, and when the index was made."""
        return self._index.statistics()

    def article(self, article_id: str) -> Article | None:
        """An article by its id."""
        return self._articles.get(article_id)

    def page(self, source: str) -> Page:
        """A page by its path below the folder.

        :raises KeyError: if there is none.
        """
        return self._pages[source]

    @cached_property
    def continuations(self) -> Mapping[str, str]:
        """The id of an article → the id of the one that continues it on another page of its issue."""
        return continuations(self.pages)

    def retrieve(self, question: str, k: int = 5) -> list[Hit]:
        """At most `k` passages, sorted best first.

        :raises QuestionError: if the question is empty or longer than 2,000 characters.
        :raises ValueError: if k is below 1.
        """
        self._check(question)
        if k < 1:
            raise ValueError(f"k is {k}; expected 1 or more")
        analysed = self._analyse(question)
        return [self._hit(scored) for scored in self._search(analysed, k)]

    def ask(self, question: str, k: int = 10) -> Reply:
        """The answer, or why there is none, with `k` hits.

        :raises QuestionError: if the question is empty or longer than 2,000 characters.
        """
        self._check(question)
        return self._answer(question, question, k)

    def reply(self, question: str, k: int = 10) -> Reply:
        """As `ask`, but a question that cannot be asked gets a reply that says so."""
        reason = self._unaskable(question)
        return _no_reply(question, reason) if reason else self.ask(question, k)

    def conversation(self) -> Conversation:
        """A conversation, in which a question may lean on those before it."""
        return Conversation(self)

    def close(self) -> None:
        """End the use of this archive. The index is in memory: no file is held open."""
        self._articles.clear()
        self._pages.clear()

    @staticmethod
    def _unaskable(question: str) -> Reason:
        if len(question) > LONGEST_QUESTION:
            return "too_long"
        return "" if is_question(question) else "not_a_question"

    def _check(self, question: str) -> None:
        reason = self._unaskable(question)
        if reason == "too_long":
            raise QuestionError(
                f"The question has {len(question):,} characters, {LONGEST_QUESTION:,} are allowed; shorten it."
            )
        if reason:
            raise QuestionError("The question is empty; ask something in words, such as 谁写的这篇报道?")

    def _analyse(self, question: str) -> Question:
        return analyse(question, self._retriever.thesaurus)

    def _search(
        self, question: Question, k: int, boost: dict[str, float] | None = None, faint: str = ""
    ) -> list[Scored]:
        """At most `k` rows, best first, in the re-ranker's order where there is one."""
        if self._reranker is None:
            return self._retriever.search(question, k, boost, faint)
        # One more than is re-ranked, so that the scores of the rest do not depend on k.
        found = self._retriever.search(question, max(k, DEPTH + 1), boost, faint)
        return rerank(self._reranker, question.text, found, lambda row: lexical_text(self._index.passages[row]))[:k]

    def _hit(self, scored: Scored) -> Hit:
        passage = self._index.passages[scored.row]
        return Hit(
            passage, self._articles[passage.article_id], self._pages[passage.source], scored.score, scored.features
        )

    def _answer(
        self, asked: str, effective: str, k: int, boost: dict[str, float] | None = None, faint: str = ""
    ) -> Reply:
        start = time.perf_counter()
        question = self._analyse(effective)
        matcher = self._retriever.matcher(question, faint)
        found = self._search(question, max(k, _QUOTED_HITS), boost, faint)
        hits = tuple(self._hit(scored) for scored in found)
        covered = max((matcher.coverage(self._retriever.folded(s.row)) for s in found[:_QUOTED_HITS]), default=0.0)
        cosine = max((s.features["dense"] for s in found[:_QUOTED_HITS]), default=0.0) if self.options.dense else None
        chosen = self._choose(question, matcher, hits)
        if chosen is None:
            return _no_reply(asked, "off_topic", effective, hits[:k], 0.0, time.perf_counter() - start)
        at, quote = chosen
        sure = confidence(quote.coverage, covered, cosine)
        threshold = THRESHOLD if self.options.threshold is None else self.options.threshold
        if sure < threshold:
            reason = reason_for(covered, cosine)
            return _no_reply(asked, reason, effective, hits[:k], sure, time.perf_counter() - start)
        passage = hits[at].passage
        answer = best_answer(question, matcher, passage.text, quote)
        return Reply(
            question=asked,
            effective_question=effective,
            answered=True,
            reason="",
            quote=_excerpt(passage, at, quote),
            answer=None if answer is None else _excerpt(passage, at, answer),
            hits=hits[: max(k, at + 1)],
            confidence=sure,
            seconds=time.perf_counter() - start,
            citation=cite(hits[at]),
        )

    def _choose(self, question: Question, matcher: Matcher, hits: tuple[Hit, ...]) -> tuple[int, Part] | None:
        """The hit to quote and the quote: the first, unless a close one holds a clearly better sentence."""
        best: tuple[int, Part] | None = None
        best_score = 0.0
        for n, hit in enumerate(hits[:_QUOTED_HITS]):
            quote = best_quote(question, matcher, hit.passage.text, hit.passage.headline)
            score = hit.score + quote.score
            if best is None or score > best_score:
                best, best_score = (n, quote), score
        return best


class Conversation:
    """One user's conversation. Not for several threads at once."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._topic: Topic | None = None

    def reset(self) -> None:
        """Forget what was spoken of."""
        self._topic = None

    def ask(self, question: str, k: int = 10) -> Reply:
        """As `Archive.reply`; a follow-up is completed by what the last turns were about, and the reply shows how."""
        archive = self._archive
        if archive._unaskable(question):
            return archive.reply(question, k)
        asked = question
        question, switched = dialogue.strip_switch(dialogue.strip_correction(question))
        topic = self._topic
        if topic is not None and not switched and self._follows(question, topic):
            effective = dialogue.complete(question, topic)
            faint = effective.removesuffix(question.strip())
            reply = archive._answer(asked, effective, k, {topic.article_id: dialogue.TOPIC_BOOST}, faint)
        else:
            reply = archive._answer(asked, question, k)
        if reply.quote is not None:
            self._keep(reply)
        return reply

    def _follows(self, question: str, topic: Topic) -> bool:
        archive = self._archive
        analysed = archive._analyse(question)
        matcher = archive._retriever.matcher(analysed)
        here = elsewhere = 0.0
        for scored in archive._retriever.search(analysed, 20, {topic.article_id: 0.0}):
            covered = matcher.coverage(archive._retriever.folded(scored.row))
            if archive._index.passages[scored.row].article_id == topic.article_id:
                here = max(here, covered)
            else:
                elsewhere = max(elsewhere, covered)
        return dialogue.follows(analysed, here, elsewhere)

    def _keep(self, reply: Reply) -> None:
        assert reply.quote is not None
        archive = self._archive
        hit = reply.hits[reply.quote.hit]
        question = archive._analyse(reply.effective_question)
        before = self._topic.words if self._topic is not None and self._topic.article_id == hit.article.id else ()
        self._topic = Topic(
            hit.article.id, before or dialogue.topic_words(question, hit.article, archive._retriever.idf)
        )


def _excerpt(passage: Passage, hit: int, part: Part) -> Excerpt:
    text = passage.text[part.start : part.end]
    spans = slice_block(Block(passage.text, passage.spans), part.start, part.end)
    return Excerpt(text, hit, part.start, part.end, spans)


def _no_reply(
    asked: str,
    reason: Reason,
    effective: str | None = None,
    hits: tuple[Hit, ...] = (),
    sure: float = 0.0,
    seconds: float = 0.0,
) -> Reply:
    return Reply(asked, asked if effective is None else effective, False, reason, None, None, hits, sure, seconds, "")
