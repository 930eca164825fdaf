"""The archive: a folder of pages, opened for questions. What other programs use."""

from __future__ import annotations

import dataclasses
import datetime
import time
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from pathlib import Path

import numpy as np

from corpus.errors import QuestionError
from corpus.files import sample_pages
from corpus.jumps import continuations
from corpus.records import Article, Page, Passage, Skipped
from embeddings import thesaurus
from embeddings.building import Work
from embeddings.encoder import Encoder, load_encoder
from embeddings.index import Index, lexical_text, open_index
from embeddings.reader import Reader, load_reader
from embeddings.reranker import Reranker, load_reranker
from embeddings.survey import Unchanged, look
from qa import rank
from qa.abstain import is_question, judge, reason_for
from qa.also import said_again
from qa.browsing.related import Related
from qa.cite import cite
from qa.contents import Contents
from qa.conversation import Conversation
from qa.evidence import HITS as JUDGED_HITS
from qa.evidence import evidence
from qa.extract import HITS as _QUOTED_HITS
from qa.extract import Part, Source, choose
from qa.filter_words import Holdings, understand
from qa.filters import Filter, Rows, Selected, select
from qa.followup import Carried, unshown, with_own
from qa.match import Matcher
from qa.question import LONGEST_QUESTION, Question
from qa.reading import DEPTH as READ_HITS
from qa.reading import read_hits
from qa.records import Excerpt, Hit, Reason, Reply, excerpt
from qa.rerank import DEPTH, rerank
from qa.retriever import Options, Retriever, Scored

Progress = Callable[[str, int, int], None]
_DEFAULT = Options()


class Archive:
    """Pages opened for questions. Reading only: several threads may ask one archive."""

    def __init__(
        self,
        root: Path,
        index: Index,
        retriever: Retriever,
        options: Options,
        reranker: Reranker | None = None,
        reader: Reader | None = None,
        where: Filter | None = None,
        hidden: Collection[str] = (),
    ) -> None:
        self.root = root
        self.options = options
        self._index = index
        self._retriever = retriever
        self._reranker = reranker
        self._reader = reader
        self._where = where
        self.contents = Contents(index, hidden)
        self._unchanged = Unchanged(root, index.manifest)

    @classmethod
    def open(
        cls,
        pages: Path | str | None = None,
        *,
        model: str | Encoder | None = None,
        options: Options = _DEFAULT,
        progress: Progress | None = None,
        device: str | None = None,
        reranker: str | Reranker | None = None,
        question_prompt: str | None = None,
        reader: str | Reader | None = None,
        where: Filter | None = None,
    ) -> Archive:
        """Read and index what is new or changed under `pages`, load the rest.

        :param pages: a folder or one file; None for the bundled sample pages.
        :param model: a sentence-transformers model, by folder or hub id, or an encoder; None for the bundled one.
        :param progress: called with what is being done, how much of it is done, and of how much.
        :param device: where models run in torch: "cpu", "cuda", "mps"; None for the best there is. The bundled encoder
            needs none.
        :param reranker: a CrossEncoder, by folder or hub id, that re-orders the first hits of every question (see
            `qa.rerank`); or anything that can score passages; None for none.
        :param question_prompt: what the model wants before a question, where it does not say so itself; as for
            `embeddings.encoder.load_encoder`.
        :param reader: an extractive question-answering model of transformers, by folder or hub id, that marks the
            answer (see `qa.reading`) in place of the rules; or anything that can read passages; None for the rules.
        :param where: what every question of this archive is asked of, beside what a question itself says; None for all.
        :raises PagesError: if there is nothing to read.
        :raises ModelError: if a model cannot be loaded, or the device cannot be used.
        :raises StorageError: if the index cannot be written.
        """
        root = sample_pages() if pages is None else Path(pages).expanduser()
        encoder = load_encoder(model, device, question_prompt) if model is None or isinstance(model, str) else model
        if isinstance(reranker, str):
            reranker = load_reranker(reranker, device)
        if isinstance(reader, str):
            reader = load_reader(reader, device)
        index = open_index(root, encoder, progress)
        retriever = Retriever(index, encoder, thesaurus.bundled(), options)
        return cls(root, index, retriever, options, reranker, reader, where)

    def reopened(self, progress: Progress | None = None) -> Archive:
        """The same archive brought up to date, with the same models. This one stays as it is.

        :raises PagesError: if there is nothing to read any more.
        :raises StorageError: if the index cannot be written.
        """
        index = open_index(self.root, self._retriever.encoder, progress)
        retriever = Retriever(index, self._retriever.encoder, thesaurus.bundled(), self.options)
        return Archive(self.root, index, retriever, self.options, self._reranker, self._reader, self._where)

    def without(self, sources: Collection[str]) -> Archive:
        """The same archive as if some pages, by their path, were not in it."""
        hidden = self.contents.hidden | frozenset(sources)
        return Archive(
            self.root, self._index, self._retriever, self.options, self._reranker, self._reader, self._where, hidden
        )

    def changes(self) -> frozenset[str]:
        """The paths of the files that are new, changed or deleted since the index was made.

        :raises PagesError: if there is nothing to read any more.
        """
        found = {name: source.sha256 for name, source in look(self.root, self._index.manifest).items()}
        known = {name: source.sha256 for name, source in self._index.manifest.sources.items()}
        return frozenset(name for name, _ in found.items() ^ known.items())

    def unchanged(self, source: str) -> bool:
        """Whether the file of a page is still there and the same."""
        return self._unchanged(source)

    @property
    def work(self) -> Work | None:
        """What was read and embedded to bring the index up to date on opening; None where nothing was."""
        return self._index.work

    @property
    def pages(self) -> tuple[Page, ...]:
        """All pages, in order of their path."""
        return self.contents.shown

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
        return self.contents.article(article_id)

    def page(self, source: str) -> Page:
        """A page by its path below the folder.

        :raises KeyError: if there is none.
        """
        return self.contents.page(source)

    @cached_property
    def continuations(self) -> Mapping[str, str]:
        """The id of an article → the id of the one that continues it on another page of its issue."""
        return continuations(self.pages)

    @cached_property
    def _holdings(self) -> Holdings:
        return Holdings.of(self.pages)

    def filtered(self, question: str, where: Filter | None = None) -> Selected:
        """What a question is asked of: by the archive's own filter, by `where`, and by what the question says itself.

        Such words (2026年1月的报纸里, 许冰洲写的) leave the question that is searched for; see `qa.filter_words`.
        """
        rest, said = understand(question, self._holdings, datetime.date.today())
        given = [(wanted, "") for wanted in (self._where, where) if wanted is not None]
        held = self.contents
        selected = select(rest, [*given, *said], held.passages, held.articles, held.pages)
        return dataclasses.replace(selected, rows=held.seen(selected.rows))

    def retrieve(self, question: str, k: int = 5, where: Filter | None = None) -> list[Hit]:
        """At most `k` passages, sorted best first.

        :param where: what they must be of, beside what the question says; None for anything.
        :raises QuestionError: if the question is empty or longer than 2,000 characters.
        :raises ValueError: if k is below 1.
        """
        self._check(question)
        if k < 1:
            raise ValueError(f"k is {k}; expected 1 or more")
        selected = self.filtered(question, where)
        found = self._search(self._analyse(selected.question), k, rows=selected.rows)
        return [self._hit(scored) for scored in found]

    def ask(self, question: str, k: int = 10, where: Filter | None = None) -> Reply:
        """The answer, or why there is none, with `k` hits.

        :param where: what the passages must be of, beside what the question says; None for anything.
        :raises QuestionError: if the question is empty or longer than 2,000 characters.
        """
        self._check(question)
        selected = self.filtered(question, where)
        reply = self._answer(question, selected.question, k, rows=selected.rows)
        return dataclasses.replace(reply, filters=selected.filters)

    def reply(self, question: str, k: int = 10, where: Filter | None = None) -> Reply:
        """As `ask`, but a question that cannot be asked gets a reply that says so."""
        reason = self._unaskable(question)
        return _no_reply(question, reason) if reason else self.ask(question, k, where)

    def reply_from(self, passage_ids: Collection[str], question: str, k: int = 10) -> Reply:
        """As `reply`, asked of some passages alone, by their ids; a filter in the question's words is not heeded."""
        reason = self._unaskable(question)
        if reason:
            return _no_reply(question, reason)
        return self._answer(question, question, k, rows=self.contents.rows(passage_ids))

    def conversation(self) -> Conversation:
        """A conversation, in which a question may lean on those before it."""
        return Conversation(self)

    def close(self) -> None:
        """Let the next writer remove the index's files that this archive was opened with; it can still be asked."""
        self._index.close()

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
        return self._retriever.analyse(question)

    def _search(
        self,
        question: Question,
        k: int,
        carried: Carried | None = None,
        rows: Rows | None = None,
    ) -> list[Scored]:
        """At most `k` of `rows` (None: all), best first, in the re-ranker's order where there is one."""
        # As many as are looked at again, and one more, also where fewer are wanted: the order must not depend on k.
        found = self._retrieved(question, max(k, rank.DEPTH, DEPTH + 1), carried, rows)
        if self.options.rank:
            asked, matcher = self._asked(question, carried)
            found = rank.ranked(asked, matcher, found, self._index.passages.__getitem__, without=self.options.without)
        if self._reranker is None:
            return found[:k]
        return rerank(self._reranker, question.text, found, lambda row: lexical_text(self._index.passages[row]))[:k]

    def _retrieved(self, question: Question, k: int, carried: Carried | None, rows: Rows | None) -> list[Scored]:
        """At most `k` of `rows`, best first, as the retriever scores them."""
        if carried is None:
            return self._retriever.search(question, k, allowed=rows)
        if not carried.own:
            return self._retriever.search(question, k, carried.boost, carried.faint, rows)
        mine = self._retriever.rows_of(carried.article_id)
        if rows is not None:
            mine = np.intersect1d(mine, rows)
        own = self._retriever.search(self._analyse(carried.own), max(len(mine), 1), allowed=mine)
        found = self._retriever.search(question, k + len(mine), carried.boost, carried.faint, rows)
        return with_own(found, {scored.row: scored.score for scored in own})[:k]

    def _asked(self, question: Question, carried: Carried | None) -> tuple[Question, Matcher]:
        """What is asked now, without what a conversation carried over."""
        if carried is not None and carried.own:
            question = self._analyse(carried.own)
        return question, self._retriever.matcher(question)

    @cached_property
    def _related(self) -> Related:
        return Related(self._index)

    def related(self, article_id: str, k: int = 5) -> list[tuple[Article, float]]:
        """At most `k` articles on the same things and their likeness (see `qa.browsing.related`), best first."""
        if self.article(article_id) is None:
            return []
        held = self.contents
        left_out = sum(len(held.pages[source].articles) for source in held.hidden & held.pages.keys())
        found = self._related.of(article_id, k + left_out)
        return [(one, likeness) for name, likeness in found if (one := self.article(name)) is not None][:k]

    def passages_of(self, article_id: str) -> list[Passage]:
        """The passages of an article in printed order; none where there is no such article."""
        if self.article(article_id) is None:
            return []
        return [self._index.passages[row] for row in self._retriever.rows_of(article_id).tolist()]

    def _hit(self, scored: Scored) -> Hit:
        passage = self._index.passages[scored.row]
        return Hit(
            passage,
            self.contents.articles[passage.article_id],
            self.contents.pages[passage.source],
            scored.score,
            scored.features,
        )

    def _answer(
        self,
        asked: str,
        effective: str,
        k: int,
        carried: Carried | None = None,
        rows: Rows | None = None,
    ) -> Reply:
        start = time.perf_counter()
        question = self._analyse(effective)
        matcher = self._retriever.matcher(question, "" if carried is None else carried.faint)
        found = self._search(question, max(k, JUDGED_HITS, READ_HITS), carried, rows)
        hits = tuple(self._hit(scored) for scored in found)
        unread = [unshown(hit, carried) for hit in hits]
        left = [n for n, hit in enumerate(unread) if hit.passage.text.strip()]
        if carried is not None and carried.own:  # what is asked now, alone, might be found anywhere
            left = [n for n in left if hits[n].article.id == hits[left[0]].article.id]
        # A re-ranker has read question and passages together: its first is the one to quote.
        left = left[: _QUOTED_HITS if self._reranker is None else 1]
        read_from = [(unread[n].passage, unread[n].score) for n in left]
        sources = [Source(passage.text, passage.headline, passage.kind, score) for passage, score in read_from]
        chosen = choose(*self._asked(question, carried), sources)
        if chosen is None:
            return _no_reply(asked, "off_topic", effective, hits[:k], 0.0, time.perf_counter() - start)
        at, quote, answer = left[chosen.source], chosen.quote, chosen.answer
        placed = dataclasses.replace(chosen, source=at)
        judgement = judge(evidence(self._retriever, question, matcher, hits, placed))
        left_out = {model.name: 1.0 for model in dataclasses.fields(judgement) if model.name in self.options.without}
        judgement = dataclasses.replace(judgement, **left_out)
        sure, reason = judgement.confidence, reason_for(judgement, self.options.threshold)
        withheld = _excerpt(hits[at].passage, at, quote)
        if reason:
            shown = hits[: max(k, at + 1)]
            return _no_reply(asked, reason, effective, shown, sure, time.perf_counter() - start, withheld)
        if self._reader is not None:
            read = read_hits(self._reader, question.text, unread)
            sure = min(sure, 0.0 if read is None else read.probability)
            if read is None or sure < (self.options.threshold or 0.0):
                return _no_reply(asked, "not_stated", effective, hits[:k], sure, time.perf_counter() - start)
            at, quote, answer = read.hit, read.quote, read.answer
        passage = hits[at].passage
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
            also=said_again(matcher, hits[: max(k, at + 1)], at, quote, answer),
        )


def _excerpt(passage: Passage, hit: int, part: Part) -> Excerpt:
    return excerpt(passage, hit, part.start, part.end)


def _no_reply(
    asked: str,
    reason: Reason,
    effective: str | None = None,
    hits: tuple[Hit, ...] = (),
    sure: float = 0.0,
    seconds: float = 0.0,
    withheld: Excerpt | None = None,
) -> Reply:
    said = asked if effective is None else effective
    return Reply(asked, said, False, reason, None, None, hits, sure, seconds, "", withheld=withheld)
