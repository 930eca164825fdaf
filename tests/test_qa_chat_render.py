"""The chat's HTML: what is marked, what is cited, and that no text of a page or a user becomes markup."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from corpus.records import Article, Block, Page, Passage
from qa.chat.below import chips
from qa.chat.cards import cards
from qa.chat.examples import about, examples, number_questions
from qa.chat.labels import LANGUAGES, TEXTS, Language, language, say
from qa.chat.render import chat_answer, chat_question, cut_marks, escaped, literal, marked, shown
from qa.chat.session import TURNS, WINDOWS, Sessions
from qa.filters import Filter
from qa.records import Excerpt, Hit, Reason, Reply

HOSTILE = [
    "<script>alert(1)</script>",
    '<img src=x onerror="document.body.id=1">',
    "\"' onmouseover='alert(1)' x=\"",
    "${document.body.setAttribute(/a/.source,1)} \\u00zz {{value}}",
    "[链接](http://example.org/a) ![图](http://example.org/b.png) <http://example.org>",
    "# 标题 *甲*乙* _丙_ `丁` ~~戊~~ $$x^2$$ 1919. 己庚",
    "<!-- --> </article></div> <style>*{display:none}</style> &lt;b&gt; &#60;",
    "第一行\n    第二行\r\n\t第三行",
]


class Seen(HTMLParser):
    """The tags with their attributes, and the text, that a browser would read."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.text = ""
        self.marks: list[str] = []
        self._inside: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(attrs)))
        if tag in ("br", "meta", "link"):
            self.text += "\n" if tag == "br" else ""
            return
        self._inside.append(tag)
        if tag == "mark":
            self.marks.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._inside.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        self.text += data
        if "mark" in self._inside:
            self.marks[-1] += data

    @property
    def names(self) -> set[str]:
        return {name for name, _ in self.tags}


def page_of(text: str, headline: str = "头版标题", source: str = "晨报-02.txt") -> Page:
    """A page of one article of one paragraph, which begins after the headline and a line end."""
    start = len(headline) + 1
    article = Article(
        id="a1",
        source=source,
        kind="article",
        headline=headline,
        headline_blocks=(Block(headline, ((0, len(headline)),)),),
        bylines=(Block("■记者 许文", ((0, 1),)),),
        paragraphs=(Block(text, ((start, start + len(text)),)),),
        subheads=(),
        jump="",
        jump_blocks=(),
        reporters=("许文",),
        correspondents=("李想", "王芳"),
        photographers=(),
    )
    return Page(source, f"{headline}\n{text}", "0" * 64, "2026-03-05", "2", (article,), ())


def reply_of(
    text: str,
    quote: tuple[int, int] | None,
    answer: tuple[int, int] | None,
    *,
    question: str = "贷到多少钱？",
    effective: str | None = None,
    reason: Reason = "",
    headline: str = "头版标题",
    source: str = "晨报-02.txt",
    at: int = 0,
    hits: int = 3,
) -> Reply:
    """A reply whose hit number `at` is `text`; the other hits are short paragraphs of the same page."""
    page = page_of(text, headline, source)
    article = page.articles[0]
    found = []
    for index in range(hits):
        body = text if index == at else f"旁证第{index}条。"
        passage = Passage(f"a1:{index}", source, "a1", headline, "body", index, body, ((0, len(body)),))
        found.append(Hit(passage, article, page, 1.0 - index / 10))

    def excerpt(span: tuple[int, int] | None) -> Excerpt | None:
        return None if span is None else Excerpt(text[span[0] : span[1]], at, span[0], span[1], (span,))

    return Reply(
        question=question,
        effective_question=question if effective is None else effective,
        answered=reason == "",
        reason=reason,
        quote=excerpt(quote),
        answer=excerpt(answer),
        hits=tuple(found),
        confidence=0.9,
        seconds=0.1,
        citation=f"许文. {headline}[N]. 晨报, 2026-03-05(2).",
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_literal_and_escaped_show_the_text_and_nothing_else(text: str) -> None:
    shown_lines = "\n".join(text.splitlines())
    for markup in (literal(text), escaped(text)):
        seen = Seen(markup)
        assert seen.text == shown_lines
        assert seen.names <= {"br"}


@pytest.mark.parametrize("text", HOSTILE)
def test_literal_leaves_markdown_nothing_to_read(text: str) -> None:
    rest = literal(text).replace("<br>", "")
    assert not set(rest) & set("<>*_`[]()!~$\\{}\"'./:@\t\n"), rest
    # The only & and # left are those of the entities.
    assert rest.count("&") == rest.count("&#") == rest.count("#") == rest.count(";")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("text", HOSTILE)
def test_no_markup_comes_from_data(text: str, lang: Language) -> None:
    """The same reply with harmless text gives the same tags, and the hostile text is read back as it stands."""
    whole = (0, len(text))
    hostile = reply_of(text, whole, whole, question=text, effective=f"甲{text}", headline=text, source=text)
    lines = len(text.splitlines())
    harmless_text = "\n".join(["无害"] * lines)
    same = (0, len(harmless_text))
    harmless = reply_of(
        harmless_text, same, same, question=harmless_text, effective=f"甲{harmless_text}", headline=harmless_text,
        source=harmless_text,
    )  # fmt: skip
    wanted = "\n".join(text.splitlines())

    def views(reply: Reply) -> dict[str, str]:
        return {
            "cards": cards(reply, 1, lang),
            "answer": chat_answer(reply, 1, lang),
            "question": chat_question(reply.question, lang, 1, reply.effective_question),
            "chips": chips([reply.question], lang),
        }

    safe = views(harmless)
    for name, markup in views(hostile).items():
        seen = Seen(markup)
        assert wanted in seen.text, name
        bare = [(tag, {key for key, _ in attrs}) for tag, attrs in seen.tags]
        assert bare == [(tag, {key for key, _ in attrs}) for tag, attrs in Seen(safe[name]).tags], name
        for _, attrs in seen.tags:
            assert not [key for key, _ in attrs if key.startswith("on")], name
            assert all("example.org" not in (value or "") for key, value in attrs), name


def test_marks_two_levels() -> None:
    assert marked("abcd", (1, 4), (2, 3)) == 'a<span class="quote">b<mark>c</mark>d</span>'


def test_marks_an_answer_that_reaches_out_of_its_quote() -> None:
    assert marked("abcd", (0, 2), (1, 3)) == '<span class="quote">a<mark>b</mark></span><mark>c</mark>d'


@pytest.mark.parametrize(
    ("quote", "answer", "expected"),
    [
        (None, None, "a&lt;b"),
        ((0, 3), None, '<span class="quote">a&lt;b</span>'),
        (None, (1, 2), "a<mark>&lt;</mark>b"),
        ((0, 99), (2, 99), '<span class="quote">a&lt;<mark>b</mark></span>'),
    ],
)
def test_marks_at_the_edges(quote: tuple[int, int] | None, answer: tuple[int, int] | None, expected: str) -> None:
    assert marked("a<b", quote, answer) == expected


@pytest.mark.parametrize(
    ("text", "start", "end", "expected"),
    [
        ("一二。三四。", 0, 3, ("", "")),
        ("一二。三四。", 3, 6, ("", "")),
        ("一二，三四。", 3, 6, ("…", "")),
        ("一二；三四。", 0, 3, ("", "…")),
        ("甲说：“一二。”三四。", 8, 11, ("", "")),
        ("公交数据变贷款", 0, 7, ("", "")),
        ("It opened. It closed.", 11, 21, ("", "")),
        ("共3.5亿元投资。", 0, 3, ("", "…")),
    ],
)
def test_a_cut_is_shown_outside_the_quote(text: str, start: int, end: int, expected: tuple[str, str]) -> None:
    assert cut_marks(text, start, end) == expected


TEXT = "据介绍，公司借得一千二百万元，期限两年；车辆六月上路。"
QUOTE = (4, 20)
ANSWER = (8, 14)


def test_chat_answer_shows_answer_quote_and_citation_in_this_order() -> None:
    assert TEXT[slice(*QUOTE)] == "公司借得一千二百万元，期限两年；"
    assert TEXT[slice(*ANSWER)] == "一千二百万元"
    markup = chat_answer(reply_of(TEXT, QUOTE, ANSWER), 7, "zh")
    seen = Seen(markup)
    assert seen.text == (
        "一千二百万元…公司借得一千二百万元，期限两年；… [1]"
        "头版标题\u00a0· 晨报-02.txt\u00a0· 2026-03-05\u00a0· 第2版\u00a0· 第1段另见 [2] [3]"
    )
    assert seen.marks == ["一千二百万元"]
    assert markup.count("<q>公司借得<mark>一千二百万元</mark>，期限两年；</q>") == 1
    links = [dict(attrs)["href"] for tag, attrs in seen.tags if tag == "a"]
    assert links == ["#cite-7-1", "#cite-7-2", "#cite-7-3"]


def test_the_cited_passage_is_card_one_wherever_it_was_found() -> None:
    reply = reply_of(TEXT, QUOTE, ANSWER, at=2)
    assert shown(reply) == [2, 0, 1]
    markup = cards(reply, 4, "zh")
    first, second = markup.split("<article")[1:3]
    assert 'id="src-4-1"' in first and "<mark>一千二百万元</mark>" in first and "第3段" in first
    assert "记者 许文" in first and "通讯员 李想、王芳" in first
    assert "晨报-02.txt 2026-03-05 第2版 《头版标题》第3段" in first
    assert 'id="src-4-2"' in second and "<mark>" not in second and "<cite>" not in second
    assert markup.index(say("zh", "cards_answered")) < markup.index("src-4-1")
    assert markup.index("src-4-1") < markup.index(say("zh", "cards_also")) < markup.index("src-4-2")


def test_a_cited_passage_beyond_the_first_five_is_still_shown() -> None:
    assert shown(reply_of(TEXT, QUOTE, ANSWER, at=8, hits=10)) == [8, 0, 1, 2, 3]


def test_a_quote_without_a_short_answer() -> None:
    seen = Seen(chat_answer(reply_of(TEXT, QUOTE, None), 1, "zh"))
    assert seen.marks == [] and "strong" not in seen.names and "[1]" in seen.text


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("reason", ["off_topic", "not_stated", "not_a_question", "too_long"])
def test_every_refusal_has_its_own_sentence(reason: Reason, lang: Language) -> None:
    reply = reply_of(TEXT, None, None, reason=reason)
    assert say(lang, reason) in Seen(chat_answer(reply, 1, lang)).text
    assert len({say(lang, other) for other in ("off_topic", "not_stated", "not_a_question", "too_long")}) == 4
    assert escaped(say(lang, "cards_nearest")) in cards(reply, 1, lang)
    assert say(lang, "cards_answered") + "</h2>" not in cards(reply, 1, lang)


def test_no_passage_at_all() -> None:
    reply = reply_of(TEXT, None, None, reason="off_topic", hits=0)
    assert Seen(chat_answer(reply, 1, "zh")).text == "这些版面里没有这方面的内容。"
    assert "没有可列出的段落。" in cards(reply, 1, "zh")


def test_a_completed_follow_up_is_shown_and_can_be_edited() -> None:
    markup = chat_question("那总投资呢？", "zh", 2, "数据中心的总投资呢？")
    assert Seen(markup).text == "那总投资呢？按此检索：数据中心的总投资呢？ 修改"
    assert 'href="#edit-2"' in markup
    assert Seen(chat_question("总投资多少？", "zh", 2, "总投资多少？ ")).text == "总投资多少？"


def test_an_over_long_question_is_not_repeated_in_full() -> None:
    assert Seen(chat_question("长" * 5000, "zh", 1, "长" * 5000)).text == "长" * 300 + "…"


class Stand:
    """An archive of given pages that answers every question with the number of its text."""

    def __init__(self, *pages: Page) -> None:
        self.pages = pages

    def conversation(self) -> Stand:
        return self

    def ask(self, question: str, k: int = 10, where: Filter | None = None) -> Reply:
        return reply_of(TEXT, QUOTE, ANSWER, question=question)

    def article(self, article_id: str) -> Article | None:
        return None

    def page(self, source: str) -> Page:
        raise KeyError(source)

    def passages_of(self, article_id: str) -> list[Passage]:
        return []

    def related(self, article_id: str, k: int = 5) -> list[tuple[Article, float]]:
        return []


def test_a_number_in_a_clause_becomes_a_question() -> None:
    text = (
        "昨日，近800名师生在操场练习口号。其中120人来自高中部各班级；首笔数据贷款共发放1500.5万元，2026年3月5日到账。"
    )
    assert list(number_questions(text)) == [
        ("多少名师生在操场练习口号？", "800"),
        ("首笔数据贷款共发放多少万元？", "1500.5"),
    ]


def test_examples_are_offered_only_where_the_archive_gives_the_number() -> None:
    """The stand-in answers 一千二百万元 to everything, so no question about a number is borne out."""
    page = page_of("近800名师生在操场练习口号。", "公交数据变贷款 全市首笔落地")
    assert examples(Stand(page, page_of("文。", "Museum opens"), page_of("文。", " "))) == [
        "公交数据变贷款讲了什么？",
        "Museum opens",
    ]
    assert examples(Stand()) == [] and chips([], "zh") == ""
    assert about("长" * 40) == "长" * 22 + "讲了什么？"


def test_both_languages_say_the_same_things() -> None:
    assert TEXTS["zh"].keys() == TEXTS["en"].keys()
    assert [language(header) for header in ("zh-CN,en;q=0.8", "zh;q=0.9", "en-GB,zh", "zha", "", None)] == [
        "zh", "zh", "en", "en", "en", "en",
    ]  # fmt: skip


def test_sessions_are_kept_apart_and_bounded() -> None:
    sessions = Sessions()
    first = sessions.get(("a", "window"))
    assert sessions.get(("a", "window")) is first and sessions.get(("b", "window")) is not first
    for index in range(WINDOWS):
        sessions.get(("a", f"window{index}"))
    assert len(sessions) == WINDOWS
    assert sessions.get(("a", "window")) is not first
    numbers = [first.begin("问", "问", "答").number for _ in range(TURNS + 2)]
    assert numbers == list(range(1, TURNS + 3)) and list(first.turns) == list(range(3, TURNS + 3))
    assert [message["role"] for message in first.messages()[:2]] == ["user", "assistant"]
    cleared = sessions.renew(("a", "window"), first.id)
    assert sessions.get(("a", "window")) is cleared and not cleared.turns and cleared.id == first.id
    assert sessions.renew(("a", "window")).id != first.id and len(sessions) == WINDOWS
