"""The source cards, the settings' fold-out and what stands below the conversation, and what they are made of."""

from __future__ import annotations

import dataclasses
import datetime
import html
import re
from typing import Any

import pytest
from test_qa_chat_render import ANSWER, HOSTILE, QUOTE, TEXT, Seen, reply_of

from qa.browsing.marks import matches
from qa.chat.below import below
from qa.chat.cards import STYLES, Around, cards
from qa.chat.labels import LANGUAGES, Language, say
from qa.chat.panel import panel
from qa.chat.render import chat_answer, marked, shown
from qa.chat.session import Session, light
from qa.chat.settings import Choices, Settings, choices, held_to, settings_of
from qa.chat.suggestions import Suggestion
from qa.chat.why import why
from qa.cite_formats import bibliography
from qa.filters import Filter
from qa.papers import Paper, Papers
from qa.records import Reply

PAPERS = Papers(Paper(title="柳湾晨报", page_name="要闻"), names={"晨报-02.txt": "上传的版面.txt"})


def test_what_speaks_of_the_question_is_marked_below_the_answer() -> None:
    found = matches("公司借了一千二百万元吗？", TEXT)
    assert [TEXT[start:end] for start, end in found] == ["公司", "一千二百万元"]
    assert matches("今天天气如何？", TEXT) == () and matches("", TEXT) == () and matches("公司", "") == ()
    first = cards(reply_of(TEXT, QUOTE, ANSWER), 1, "zh", Around(matches=lambda text: [(4, 6)])).split("<article")[1]
    assert (
        '<span class="quote"><span class="match">公司</span>借得<mark>一千二百万元</mark>，期限两年；</span>' in first
    )


def test_a_match_that_crosses_the_answer_and_the_quote_is_cut_there() -> None:
    assert marked("abcdef", (2, 6), (3, 4), matches=[(1, 5)]) == (
        'a<span class="match">b</span><span class="quote"><span class="match">c</span><mark>d</mark>'
        '<span class="match">e</span>f</span>'
    )


def test_a_match_inside_the_answer_does_not_cut_it() -> None:
    assert marked("abcd", None, (0, 3), matches=[(1, 2), (2, 4)]) == '<mark>abc</mark><span class="match">d</span>'


def test_a_card_tells_paper_page_and_the_name_that_a_file_is_shown_under() -> None:
    reply = reply_of(TEXT, QUOTE, ANSWER)
    first = Seen(cards(reply, 1, "zh", Around(papers=PAPERS)).split("</article>")[0] + "</article></div>").text
    assert "柳湾晨报\u00a0· 上传的版面.txt\u00a0· 2026-03-05\u00a0· 第2版\u00a0· 要闻\u00a0· 第1段" in first
    assert "晨报-02.txt" not in first
    said = Seen(chat_answer(reply, 1, "zh", PAPERS)).text
    assert "柳湾晨报\u00a0· 上传的版面.txt" in said and "晨报-02.txt" not in said


def test_every_card_can_be_cited_in_each_style_as_the_library_writes_it() -> None:
    reply = reply_of(TEXT, QUOTE, ANSWER, headline="甲 & 乙 <丙>")
    every = cards(reply, 1, "zh", Around(papers=PAPERS)).split("<article")[1:]
    assert len(every) == 3
    for index, card in zip(shown(reply), every, strict=True):
        texts = [html.unescape(one) for one in re.findall(r'<pre class="text">(.*?)</pre>', card, re.DOTALL)]
        assert texts == [bibliography([reply.hits[index]], style, PAPERS) for style in STYLES]
        assert card.count('class="copyable"') == len(STYLES) and card.count("<button") == len(STYLES) + 1
    assert "TY  - NEWS" in every[0] and "@article{" in every[0] and "[N]. 柳湾晨报" in every[0]


def test_a_card_leads_to_its_paragraph_and_back_to_its_number() -> None:
    reply = reply_of(TEXT, QUOTE, ANSWER, at=1)
    first, second = cards(reply, 7, "en").split("<article")[1:3]
    assert 'href="/article/a1?p=2#p2"' in first and 'href="/article/a1?p=1#p1"' in second
    assert '<a class="number" href="#said-7-1" aria-label="Back to [1] in the answer">[1]</a>' in first
    assert "#cite-7-1" in chat_answer(reply, 7, "en")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_further_card_of_an_article_says_so_and_tells_less(lang: Language) -> None:
    """Its number, headline and paragraph are there for whoever hears it; who wrote it stands in the first alone."""
    reply = reply_of(TEXT, QUOTE, ANSWER, at=1)
    other = dataclasses.replace(reply.hits[2].article, id="b2")
    hits = (*reply.hits[:2], dataclasses.replace(reply.hits[2], article=other))
    first, second, third = cards(dataclasses.replace(reply, hits=hits), 7, lang).split("<article")[1:]
    assert 'class="card cited"' in first and 'class="card again" id="src-7-2"' in second
    head = re.search(r"<h3>(.*?)</h3>", second)
    assert head is not None and Seen(head[1]).text == f"[2] {say(lang, 'same_article', n=1)}头版标题"
    assert 'href="#said-7-2"' in head[1] and say(lang, "paragraph", n=1) in second
    assert "许文" in first and "许文" not in Seen(second.partition(">")[2].split("<details")[0]).text
    assert "again" not in third and "许文" in third and say(lang, "same_article", n=1) not in first + third


@pytest.mark.parametrize("lang", LANGUAGES)
def test_why_a_passage_is_listed(lang: Language) -> None:
    """Adds: dense 1.25, words 0.4, kind -0.35; for the passage speak 1.65."""
    markup = why({"dense": 1.0, "words": 2.0, "kind": -0.35, "soft": 0.0, "reranker": 9.0, "length": 0.001}, lang)
    assert re.findall(r"<b>(.*?)</b>", markup) == ["+76%", "+24%", "-21%"]
    assert re.findall(r"<li><span>(.*?)</span>", markup) == [
        html.escape(say(lang, f"why_{name}")) for name in ("dense", "words", "kind")
    ]
    assert why({}, lang) == "" == why({"kind": -1.0}, lang)


def test_what_put_a_hit_where_it_is_is_kept_for_the_cards_alone() -> None:
    reply = reply_of(TEXT, QUOTE, ANSWER, hits=8)
    reply = dataclasses.replace(
        reply, hits=tuple(dataclasses.replace(hit, features={"dense": 1.0}) for hit in reply.hits)
    )
    kept = light(reply, shown(reply))
    assert [bool(hit.features) for hit in kept.hits] == [True] * 5 + [False] * 3
    assert cards(kept, 1, "zh") == cards(reply, 1, "zh") and 'class="why"' in cards(kept, 1, "zh")


@pytest.mark.parametrize("text", HOSTILE)
def test_no_markup_comes_from_data_in_cards_settings_and_suggestions(text: str) -> None:
    whole = (0, len(text))
    reply = reply_of(text, whole, None, question=text, headline=text, source=text)
    papers = Papers(Paper(title=" ".join(text.split())), names={text: " ".join(text.split())})
    around = Around(papers=papers, matches=lambda found: matches(text, found))
    session = Session()
    session.begin("问", "问", "答").next = (Suggestion(text, "x", 0, 1),)
    about: dict[str, int | str] = {"pages": 1, "passages": 2, "model": text, "created": text}
    held = Choices(reporters=(text,), sources=(text,), pages=(text,))
    for markup in (
        cards(reply, 1, "zh", around),
        chat_answer(reply, 1, "zh", papers),
        below(session, "windowx", [text], "zh"),
        below(Session(), "windowx", [text], "zh"),
        panel(Settings(reporter=text, source=text, page=text), held, about, papers, "zh"),
    ):
        seen = Seen(re.sub(r"(<input[^>]*>)", r"\1</input>", markup))  # so that all are closed
        assert not seen.names & {"script", "img", "style"}
        for tag, attrs in seen.tags:
            assert not [key for key, _ in attrs if key.startswith("on")], tag
            assert all("example.org" not in (value or "") for key, value in attrs if key in ("href", "src")), tag


def test_settings_as_a_window_sends_them() -> None:
    given = {"first": "2026-03-05", "last": "2026-01-01", "page": " 3 ", "kind": "photo", "reporter": "许文",
             "source": "a[1].txt", "passages": "10", "threshold": "70"}  # fmt: skip
    made = settings_of(given)
    first, last = datetime.date(2026, 1, 1), datetime.date(2026, 3, 5)
    assert made == Settings(first, last, "3", "photo", "许文", "a[1].txt", 10, 70)
    assert made.where == Filter(first, last, "3", "photo", "许文", source="a[[]1].txt")
    assert made.without("date") == dataclasses.replace(made, first=None, last=None)
    assert made.without("passages").passages == 5 and made.without("") == Settings()
    assert made.without("where") == made.without("__class__") == made


@pytest.mark.parametrize("value", [None, 1, True, [], {}, "", " \n", "x" * 500, "2026-13-01", "-5", "1e3", "\ud800"])
def test_settings_that_no_window_sends_count_as_not_given(value: Any) -> None:
    names = ("first", "last", "kind", "passages", "threshold")
    made = settings_of(dict.fromkeys(names, value))
    assert made == Settings() and made.where is None


def test_choices_are_those_of_the_pages() -> None:
    page = reply_of(TEXT, None, None, reason="off_topic").hits[0].page
    other = dataclasses.replace(page, source="b.txt", date=None, page="A3", articles=())
    tenth = dataclasses.replace(page, source="c.txt", date="2026-03-04", page="10")
    found = choices([page, other, tenth])
    assert found == Choices(
        (datetime.date(2026, 3, 4), datetime.date(2026, 3, 5)),
        ("2", "10", "A3"),
        ("article",),
        ("李想", "王芳", "许文"),
        ("b.txt", "c.txt", "晨报-02.txt"),
    )
    markup = panel(Settings(kind="photo", passages=3, first=found.days[0]), found, {}, Papers(), "en")
    assert 'min="2026-03-04" max="2026-03-05" value="2026-03-04"' in markup
    assert '<option value="3" selected>' in markup and '<option value="photo" selected>' in markup
    drops = re.findall(r'data-drop="(\w*)" aria-label="Drop: ([^"]*)"', markup)
    assert drops == [("date", "from 2026-03-04"), ("kind", "photo item"), ("passages", "3 passages listed")]
    assert "data-drop" not in panel(Settings(), found, {}, Papers(), "zh")


def test_what_is_no_filter_is_not_called_one() -> None:
    def said(settings: Settings) -> str:
        markup = panel(settings, Choices(), {}, Papers(), "zh")
        return "".join(re.findall(r'<(?:span class="label"|button type="button" class="drop")[^>]*>([^<]*)', markup))

    assert said(Settings(passages=3, threshold=70)) == "设置：列出3段 把握至少70% "
    assert said(Settings(page="3")) == "正在筛选：第3版 "
    assert said(Settings(page="3", passages=3)) == "正在筛选：第3版 设置：列出3段 "


def test_a_threshold_withholds_an_answer_or_gives_what_was_withheld() -> None:
    reply = reply_of(TEXT, QUOTE, ANSWER)  # its confidence is 0.9
    assert held_to(reply, Settings()) is reply is held_to(reply, Settings(threshold=90))
    sure = dataclasses.replace(reply, confidence=0.89)
    less = held_to(sure, Settings(threshold=90))
    assert (less.answered, less.reason, less.quote, less.answer) == (False, "not_stated", None, None)
    assert less.withheld == reply.quote
    again = held_to(less, Settings(threshold=30))
    assert again.answered and again.quote == reply.quote and again.citation and again.withheld is None
    nothing = reply_of(TEXT, None, None, reason="off_topic")
    assert held_to(nothing, Settings(threshold=30)) is nothing


def test_more_cards_where_more_are_wanted() -> None:
    reply = reply_of(TEXT, QUOTE, ANSWER, hits=12)
    for most in (3, 10):
        assert cards(reply, 1, "zh", Around(most=most)).count("<article") == most
        assert f"#cite-1-{most}" in chat_answer(reply, 1, "zh", most=most)
        assert f"#cite-1-{most + 1}" not in chat_answer(reply, 1, "zh", most=most)


def _answered(session: Session, reply: Reply) -> None:
    session.begin(reply.question, "", "").reply = reply


def test_what_stands_below_the_conversation() -> None:
    session = Session()
    assert 'data-example="1"' in below(session, "windowx", ["甲？", "乙？"], "zh")
    session.begin("问", "问", "…", waits=True)
    assert "stop" in below(session, "windowx", [], "zh") and "retry" not in below(session, "windowx", [], "zh")
    session.next()
    session.pending = 0
    failed = below(session, "windowx", ["甲？"], "zh")
    assert "retry" in failed and "undo" in failed and "rate" not in failed and "/export/" not in failed
    _answered(session, reply_of(TEXT, QUOTE, ANSWER))
    done = below(session, "windowx", [], "zh")
    assert 'href="/export/windowx.md"' in done and 'data-liked="0" aria-pressed="false"' in done
    assert "/export/" not in below(session, "", [], "zh") and "<form" not in done
    turn = session.last_turn
    assert turn is not None
    turn.liked, turn.noted = False, True
    asked = below(session, "windowx", [], "zh")
    assert 'data-liked="0" aria-pressed="true"' in asked and 'name="answer"' in asked
    turn.worded = True
    assert "<form" not in below(session, "windowx", [], "zh")


def test_a_suggestion_that_was_asked_or_told_is_not_offered() -> None:
    session, reply = Session(), reply_of(TEXT, QUOTE, ANSWER)
    told = reply.hits[0].passage.id
    _answered(session, reply)
    turn = session.last_turn
    assert turn is not None
    turn.next = (
        Suggestion("贷到多少钱？", "b", 0, 9),
        Suggestion("期限几年？", told, QUOTE[1] - 1, QUOTE[1] + 5),
        *(Suggestion(f"{n}？", told, QUOTE[1] + n, QUOTE[1] + 9) for n in range(4)),
    )
    assert [one.question for one in session.open(turn)] == ["0？", "1？", "2？"]


def test_the_model_in_use_is_named_in_words() -> None:
    about: dict[str, int | str] = {"pages": 1, "passages": 2, "model": "bundled", "created": "2026-04-01 08:30"}
    shown_ = [
        panel(Settings(), Choices(), {**about, "model": name}, Papers(), "zh") for name in ("bundled", "bge-small")
    ]
    assert "模型 随附的" in shown_[0] and "bundled" not in shown_[0] and "模型 bge-small" in shown_[1]
