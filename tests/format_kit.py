"""Two articles of our own, which every format with markup has to give alike; and what was read of a file."""

from __future__ import annotations

from pathlib import Path

from corpus import read_pages
from corpus.records import Article, Extracted, Page

MARKET = (
    "本报讯 城东的老菜场关门改造了八个月,昨天重新开张。摊位从原来的42个增加到60个,通道拓宽到两米半。",
    "菜场负责人介绍,这次改造花了320万元,其中一半由街道补贴。水产区和熟食区分开了,还新设了一间便民小屋。",
)
FIRE = (
    "本报讯 昨天下午,北河小学的三十名学生走进消防站,学用灭火器,也试穿了消防员的衣服。",
    "消防站站长说,这样的开放日每月一次,今年已有两千多人来过。家长可以在街道的窗口报名。",
)


def page(tmp_path: Path, name: str, source: str | bytes) -> Page:
    (tmp_path / name).write_bytes(source.encode() if isinstance(source, str) else source)
    (found,) = read_pages(tmp_path / name).pages
    return found


def asides(found: Extracted) -> list[str]:
    return [found.text[start:end] for (start, end), _ in found.asides]


def paragraphs(article: Article) -> tuple[str, ...]:
    return tuple(paragraph.text for paragraph in article.paragraphs)


def check_two_articles(found: Page) -> None:
    market, fire = (article for article in found.articles if article.kind == "article")
    assert (market.headline, fire.headline) == ("老菜场换新颜", "小学生走进消防站")
    assert market.reporters == ("王一",) and market.correspondents == ("李小满",) and fire.reporters == ("孙五",)
    assert paragraphs(market) == MARKET and paragraphs(fire) == FIRE
    for article in found.articles:
        for block in (*article.headline_blocks, *article.bylines, *article.paragraphs):
            assert "".join(found.text[start:end] for start, end in block.spans) == block.text


def headings(found: Extracted) -> list[str]:
    return [found.text[start:end] for start, end in found.headings]
