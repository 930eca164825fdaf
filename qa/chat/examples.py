"""Questions to start with, made of the pages that are loaded and tried out on them first.

A clause of a body paragraph with one number in it becomes a question by asking for the number; it is offered only
where the archive answers it with that number. Pages without such a clause are asked about by their headline.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice, zip_longest

from corpus.records import Page
from qa.chat.session import Source

WANTED = 4
_TRIED_PER_PAGE = 12
_PAGES_TRIED = 12
_SHORTEST, _LONGEST = 9, 26
_LONGEST_HEADLINE, _LONGEST_FOREIGN = 22, 60
_CHINESE = re.compile("[㐀-鿿]")
_NUMBER = re.compile(
    r"\d+(?:\.\d+)?(?=(?:余|多)?(?:亿|万)?(?:元|人|名|个|家|户|位|公里|平方米|亩|吨|场|幅|辆|岁|所|条|项))"
)
_BREAK = re.compile(r"[。；;：:！!？?\n，]|,(?!\d)|(?<!\d),")
_SENTENCE = re.compile(r"[^。！!？?\n]+")
# A clause that begins so leans on what stands before it.
_LEANING = re.compile(
    r"先后|每|累计|总|其|该|这|那|此|他|她|它|并|也|还|而|又|则|但|同时|目前|现|已|共|由|后|再|为|以|中|前|将|即|让"
)
_ABOUT = re.compile(r"(?:近|约|超过|超|逾|至少|最多|达到)$")
_QUOTES = re.compile(r"[“”‘’「」『』《》()（）]")


def examples(source: Source) -> list[str]:
    """At most `WANTED` questions, from different pages where there are enough."""
    # Of many pages some are tried, evenly spread: each try is a question asked.
    pages = source.pages[:: -(-len(source.pages) // _PAGES_TRIED) or 1]
    columns = [_answered(source, page) for page in pages]
    found = [question for question in chain.from_iterable(zip_longest(*columns)) if question is not None]
    found.extend(question for page in pages for question in islice(_about_headlines(page), 1))
    return list(dict.fromkeys(found))[:WANTED]


def _answered(source: Source, page: Page) -> list[str]:
    """At most two questions that the archive answers with the number that the clause has."""
    found: list[str] = []
    candidates = (
        pair
        for article in page.articles
        for block in article.paragraphs
        for pair in islice(number_questions(block.text), 1)
    )
    for question, number in islice(candidates, _TRIED_PER_PAGE):
        reply = source.conversation().ask(question)
        if reply.answer is not None and number in reply.answer.text and reply.quote is not None:
            found.append(question)
        if len(found) == 2:
            break
    return found


def number_questions(text: str) -> Iterator[tuple[str, str]]:
    """Questions about the numbers of a paragraph, each with its number, in printed order.

    >>> list(number_questions("昨日，23个项目在区里集中签约。首笔数据贷款共发放1500万元，期限两年。"))
    [('多少个项目在区里集中签约？', '23'), ('首笔数据贷款共发放多少万元？', '1500')]
    """
    for sentence in _SENTENCE.findall(text):
        for clause in _BREAK.split(sentence):
            clause = clause.strip()
            numbers = list(_NUMBER.finditer(clause))
            if len(numbers) != 1 or len(re.findall(r"\d+(?:\.\d+)?", clause)) != 1:
                continue
            if _LEANING.match(clause) or _QUOTES.search(clause) or not _SHORTEST <= len(clause) <= _LONGEST:
                continue
            number = numbers[0]
            if clause[: number.start()].endswith("等"):
                continue
            rest = clause[number.end() :].removeprefix("余").removeprefix("多")
            yield f"{_ABOUT.sub('', clause[: number.start()])}多少{rest}？", number.group()


def _about_headlines(page: Page) -> Iterator[str]:
    return (about(article.headline) for article in page.articles if article.headline.strip())


def about(headline: str) -> str:
    """A question made of a headline: the longest of its parts that is short enough, else its beginning. A headline
    without Chinese stands for itself.

    >>> about("公交数据变贷款 全市首笔落地")
    '公交数据变贷款讲了什么？'
    """
    short = [part for part in headline.split() if len(part) <= _LONGEST_HEADLINE]
    if not _CHINESE.search(headline):
        return headline.strip()[:_LONGEST_FOREIGN]
    return f"{max(short, key=len) if short else headline.strip()[:_LONGEST_HEADLINE]}讲了什么？"
