"""Related articles and photos of articles: measured on pages of our own against what was named beforehand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from corpus.files import list_files, read_file, read_pages, sample_pages
from corpus.records import Article, Page
from qa.archive import Archive
from qa.browsing.pictures import pictured
from qa.browsing.related import ALIKE
from qa.live import Live

DATA = Path(__file__).parent / "data"
# Words of two headlines (or captions) of the sample pages that a reader would call related.
PAIRS = """
招商与育企|23个项目开年签约      智能制造名单|拧成一股绳       智能制造名单|清华柔电院      拧成一股绳|清华柔电院
招商与育企|拧成一股绳           23个项目开年签约|拧成一股绳    “三农”重点工作|七个村的书记   理论宣讲|21名宣讲员
21名宣讲员|百年工运            21名宣讲员|技能大赛开战       百年工运|技能大赛开战       理论宣讲|思政课
搬到线上|若尔盖               小区治理|生命之光            入夜赴|舞者就在眼前         湘家荡晨景|细雨落南湖
湘家荡晨景|鹭栖枝头            细雨落南湖|鹭栖枝头          公交数据|数字广告园区       公交数据|跨境电商
数字广告园区|智能制造名单       余新镇调研|“三农”重点工作     余新镇调研|招商与育企       善居工程|社保
包青团|思政课
"""


def named(archive: Archive, part: str) -> Article:
    (found,) = [one for page in archive.pages for one in page.articles if part in one.headline and one.kind != "index"]
    return found


@pytest.fixture(scope="module")
def gold(archive: Archive) -> dict[str, set[str]]:
    out: dict[str, set[str]] = {}
    for pair in PAIRS.split():
        first, second = (named(archive, part).id for part in pair.split("|"))
        out.setdefault(first, set()).add(second)
        out.setdefault(second, set()).add(first)
    return out


def test_measured_on_the_sample_pages(archive: Archive, gold: dict[str, set[str]]) -> None:
    """The first one's reciprocal rank is .80 and more; half of what is shown is right; three quarters are found."""
    assert sum(map(len, gold.values())) == 50 and len(gold) == 28
    shown = right = 0
    ranks = []
    for name, wanted in gold.items():
        found = [other.id for other, _ in archive.related(name)]
        shown, right = shown + len(found), right + len(wanted & set(found))
        ranks.append(next((1 / n for n, other in enumerate(found, 1) if other in wanted), 0.0))
    assert np.mean(ranks) >= 0.8 and right / shown >= 0.5 and right / 50 >= 0.75, (np.mean(ranks), right, shown)


def test_never_itself_and_always_the_same(archive: Archive) -> None:
    for page in archive.pages:
        for article in page.articles:
            found = archive.related(article.id, 50)
            names = [other.id for other, _ in found]
            assert article.id not in names and len(set(names)) == len(names)
            assert all(other.kind != "index" and likeness >= ALIKE for other, likeness in found)
            assert [likeness for _, likeness in found] == sorted((likeness for _, likeness in found), reverse=True)
            assert archive.related(article.id, 2) == found[:2] and (article.kind != "index" or not found)
    assert archive.related("no such id") == []


BRIDGE = "新桥通车\n\n■记者 王一山\n\n本报讯 柳湾大桥昨天通车,全长860米。\n\n市民可以步行过桥。\n"
SCHOOL = "小学搬迁\n\n■记者 李小禾\n\n本报讯 山前小学下周搬进新校舍,教室多了12间。\n\n校车线路也会调整。\n"
FARM = "稻田丰收\n\n■记者 陈白石\n\n本报讯 山后村的晚稻开镰,亩产620公斤。\n\n收割机昼夜不停。\n"


def test_ties_stand_in_the_order_of_the_pages(tmp_path: Path) -> None:
    for name, text in (("d", BRIDGE), ("b", BRIDGE), ("c", SCHOOL), ("a", BRIDGE), ("e", FARM)):
        (tmp_path / f"{name}.txt").write_text(text, "utf-8")
    archive = Archive.open(tmp_path)
    of = {page.source: page.articles[0].id for page in archive.pages}
    assert [one.source for one, _ in archive.related(of["a.txt"])] == ["b.txt", "d.txt"]
    assert [one.source for one, _ in archive.related(of["d.txt"])] == ["a.txt", "b.txt"]
    assert archive.related(of["c.txt"]) == [] or archive.related(of["c.txt"])[0][0].source == "e.txt"


def test_an_article_alone_and_pages_that_are_gone(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(BRIDGE, "utf-8")
    alone = Archive.open(tmp_path)
    assert alone.related(alone.pages[0].articles[0].id) == []
    for name, text in (("b", BRIDGE), ("c", SCHOOL), ("d", FARM), ("e", BRIDGE)):
        (tmp_path / f"{name}.txt").write_text(text, "utf-8")
    live = Live(lambda: Archive.open(tmp_path))
    first = live.pages[0].articles[0].id
    assert [one.source for one, _ in live.related(first)] == ["b.txt", "e.txt"]
    hidden = live.archive.without(["b.txt"])
    assert [one.source for one, _ in hidden.related(first, 1)] == ["e.txt"]
    (tmp_path / "b.txt").unlink()
    assert [one.source for one, _ in live.related(first)] == ["e.txt"]  # also before anybody looked at the folder
    live.close()


def photos_of(page: Page) -> dict[str, str]:
    """The opening of each caption that belongs to an article → words of that article's headline."""
    by_id = {article.id: article for article in page.articles}
    return {by_id[photo].paragraphs[0].text[:8]: by_id[story].headline[:6] for photo, story in pictured(page).items()}


def test_photos_of_articles_measured_on_the_layouts() -> None:
    layouts = DATA / "layouts"
    files = [path for path in list_files(layouts) if path.suffix != ".png"]  # recognising a scan takes long
    pages = [*(read_file(layouts, path) for path in files), *read_pages(sample_pages()).pages]
    photos = [article for page in pages for article in page.articles if article.kind == "photo"]
    found = {(page.source, *pair) for page in pages for pair in photos_of(page).items()}
    assert found == {
        ("blind_2.txt", "4月1日,首班小", "从“一天一趟"),
        ("blind_3.txt", "隗广田在东墙下的", "他给两万块老"),
        ("english.txt", "Passenge", "Old ca"),
        ("web.html", "4月8日,研发小", "城东变电站来"),
    }
    assert len(photos) == 35
