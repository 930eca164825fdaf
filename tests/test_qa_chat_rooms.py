"""The reading room over its addresses: every article can be reached, what is gone is gone, nothing becomes markup."""

from __future__ import annotations

import asyncio
import datetime
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

import httpx
import pytest
from chat_parts import FREE, Echo, running, service
from fastapi import FastAPI
from fastapi.testclient import TestClient
from page_outline import Outline

from corpus.records import Page
from qa.archive import Archive
from qa.browsing.issues import Issue, issues
from qa.chat import reading_room
from qa.chat.labels import say
from qa.chat.opening import Opening
from qa.chat.options import Options
from qa.chat.reading_room import FOUND, Look, issues_page
from qa.chat.room_parts import article_address, issue_key
from qa.chat.routes import add_routes
from qa.chat.service import Service
from qa.chat.session import Session
from qa.chat.visitors import Caller
from qa.live import Live
from qa.papers import Papers

NEWS = """新闻{n}号

■记者 周远山

本报讯 第{n}号渡船昨日试航,载客{n}人,全长860米的航道已经疏浚。
"""
HOSTILE = (
    "<img src=x onerror=\"document.title='ran'\"> ${x} *甲* [乙](http://x.example/) </main></article>"
    "<script>alert(1)</script>"
)
HOSTILE_NEWS = f"""飞艇首航 {HOSTILE}

■记者 周知

本报讯 飞艇昨日首航，载客十二人，机长是郑远帆。{HOSTILE}

怎么坐 <b onclick=x>

飞艇航线全长三十公里，票价九十九元。"><style>*{{display:none}}</style>
"""


def client_of(archive: object, options: Options = FREE) -> TestClient:
    app = FastAPI()
    add_routes(app, service(archive, options))
    return TestClient(app, headers={"accept-language": "zh-CN"})


def page(client: TestClient, address: str, status: int = 200) -> Outline:
    got = client.get(address)
    assert got.status_code == status, address
    assert "script-src" not in got.headers["content-security-policy"]
    out = Outline(got.text)
    out.check()
    return out


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    folder = tmp_path_factory.mktemp("harbour")
    for n, name in enumerate(("20260401_01版", "20260401_02版", "20260401_A1版", "20260331_01版", "散页"), start=1):
        (folder / f"{name}.txt").write_text(NEWS.format(n=n), "utf-8")
    (folder / "旧报").mkdir()
    (folder / "旧报" / "散页.txt").write_text(NEWS.format(n=6), "utf-8")
    opened = Archive.open(folder)
    yield opened
    opened.close()


def test_all_issues_pages_and_articles_can_be_reached_by_links(harbour: Archive) -> None:
    client = client_of(harbour)
    seen: dict[str, Outline] = {}
    waiting = deque(["/browse"])
    while waiting:
        address = waiting.popleft().partition("#")[0]
        if address not in seen and address != "/":
            seen[address] = page(client, address)
            waiting.extend(urljoin(address, link) for link in seen[address].links)
    articles = [article for one in harbour.pages for article in one.articles]
    assert {article_address(article.id) for article in articles} <= seen.keys()
    assert sum(address.startswith("/page?") for address in seen) == len(harbour.pages)
    assert {f"/browse/{issue_key(one)}" for one in issues(harbour.pages)} <= seen.keys()
    places = [text.removeprefix("http://testserver") for address in seen for text in seen[address].links]
    assert all(place.startswith(("/", "#")) for place in places)


def test_issues_stand_newest_first_with_their_pages(harbour: Archive) -> None:
    out = page(client_of(harbour), "/browse")
    assert out.texts("h2") == [
        "2026-04-01",
        "2026-03-31",
        say("zh", "room_undated"),
        say("zh", "room_undated") + " 旧报",
    ]
    assert [text.split()[0] for text in out.texts("li")][1:4] == ["第1版", "第2版", "第A1版"]
    assert len(set(map(issue_key, issues(harbour.pages)))) == 4


def test_one_issue_alone_is_shown_at_once(tmp_path: Path) -> None:
    (tmp_path / "20260401_01版.txt").write_text(NEWS.format(n=1), "utf-8")
    archive = Archive.open(tmp_path)
    client = client_of(archive)
    assert page(client, "/browse").texts("a", "item") == ["新闻1号"]
    assert page(client, "/browse?q=渡船").texts("mark") == ["渡船"]
    archive.close()


def test_an_issue_shows_its_pages_in_order_and_a_page_its_neighbours(harbour: Archive) -> None:
    client = client_of(harbour)
    issue = page(client, "/browse/2026-04-01")
    assert issue.texts("a", "item") == ["新闻1号", "新闻2号", "新闻3号"]
    assert issue.texts("h1") == ["2026-04-01"] and len(issue.texts("section")) == 3
    middle = page(client, f"/page?file={quote('20260401_02版.txt')}")
    turning = [text for text in middle.texts("a") if text.startswith(("上一版", "下一版"))]
    assert turning == ["上一版：第1版", "下一版：第A1版"] and "/browse/2026-04-01" in middle.links
    assert "文件：20260401_02版.txt" in middle.texts("p", "where")[0]


def test_what_is_looked_up_is_found_marked_and_leads_to_its_paragraph(harbour: Archive) -> None:
    client = client_of(harbour)
    out = page(client, "/browse/2026-04-01?q=八百六十米")
    assert out.texts("h2") == [say("zh", "room_found", typed="八百六十米", n=3)]
    assert out.texts("mark") == ["860米"] * 3
    article = harbour.page("20260401_02版.txt").articles[0]
    (link,) = [link for link in out.links if link.startswith(f"/article/{article.id}")]
    assert link.endswith("#p1") and "p=1" in link
    opened = page(client, link)
    assert opened.texts("mark") == ["860米"] and opened.texts("p", "asked")
    assert [values["value"] for name, values in out.tags if values.get("id") == "q"] == ["八百六十米"]
    headline = page(client, "/browse/2026-04-01?q=新闻2号")
    assert (
        headline.texts("mark")[0] == "新闻2号" and f"{article_address(article.id, None, '新闻2号')}" in headline.links
    )
    one_page = page(client, f"/page?file={quote('20260401_02版.txt')}&q=渡船")
    assert one_page.texts("mark") == ["渡船"]
    kept = [values["value"] for _, values in one_page.tags if values.get("name") == "file"]
    assert kept == ["20260401_02版.txt"]
    none = page(client, "/browse/2026-03-31?q=火车")
    assert none.texts("h2") == [say("zh", "room_found_none", typed="火车")] and none.names["mark"] == 0


def test_long_findings_are_cut_around_the_first_match_and_their_number_is_bounded(tmp_path: Path) -> None:
    long = "本报讯 " + "港口的吊机一台接一台。" * 20 + "灯塔昨晚亮了。" + "渔船陆续回港。" * 40
    texts = [f"灯塔的第{n}个故事写在这里，灯塔的光照着航道。" for n in range(FOUND + 5)]
    (tmp_path / "20260401_01版.txt").write_text("\n\n".join(["灯塔", "■记者 周远山", long, *texts]) + "\n", "utf-8")
    archive = Archive.open(tmp_path)
    out = page(client_of(archive), "/browse/2026-04-01?q=灯塔昨晚")
    (shown,) = out.texts("p", "passage")
    assert shown.startswith("…") and shown.endswith("…") and out.texts("mark") == ["灯塔昨晚"] and len(shown) < 250
    many = page(client_of(archive), "/browse/2026-04-01?q=灯塔")
    assert len(many.texts("p", "passage")) == FOUND
    # The headline is said once; whoever goes from link to link hears of which article each is.
    labels = [values["aria-label"] for _, values in many.tags if values.get("class") == "item again"]
    assert len(labels) == FOUND - 1 and labels[-1] == f"{say('zh', 'paragraph', n=FOUND - 1)} 灯塔"
    assert len([link for link in many.links if "/article/" in link]) == FOUND
    assert many.texts("h2")[0].endswith(say("zh", "room_found_first", n=FOUND))
    archive.close()


def test_looking_up_ends_in_time_and_says_so(harbour: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_room, "SECONDS", -1.0)
    out = page(client_of(harbour), "/browse/2026-04-01?q=渡船")
    assert out.texts("a", "item") == ["新闻1号"]
    assert out.texts("h2")[0].endswith(say("zh", "room_found_in_part", n=1, of=3))


def test_what_is_in_one_piece_comes_first_over_all_pages(tmp_path: Path) -> None:
    for n, words in enumerate(("航道去年疏浚,渡船停航", "渡船航道已经开通"), start=1):
        (tmp_path / f"20260401_0{n}版.txt").write_text(NEWS.format(n=n).replace("渡船昨日试航", words), "utf-8")
    archive = Archive.open(tmp_path)
    found = page(client_of(archive), "/browse/2026-04-01?q=渡船航道").texts("a", "item")
    assert found == ["新闻2号", "新闻1号"]
    archive.close()


def test_issues_follow_the_pages_and_what_is_known_of_them(tmp_path: Path) -> None:
    (tmp_path / "20260401_01版.txt").write_text(NEWS.format(n=1), "utf-8")
    with Live(lambda: Archive.open(tmp_path)) as live:
        made = service(live)
        app = FastAPI()
        add_routes(app, made)
        client = TestClient(app, headers={"accept-language": "zh-CN"})
        assert page(client, "/browse").texts("h1") == ["2026-04-01"] == page(client, "/browse").texts("h1")
        (tmp_path / "20260401_02版.txt").write_text(NEWS.format(n=2), "utf-8")
        assert live.refresh()
        assert page(client, "/browse").texts("a", "item") == ["新闻1号", "新闻2号"]
        made.papers = lambda owner: Papers().titled("石门日报")  # type: ignore[method-assign]
        assert page(client, "/browse").texts("h1") == ["石门日报 2026-04-01"]


def test_long_lists_come_in_parts(harbour: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_room, "ISSUES", 3)
    monkeypatch.setattr(reading_room, "SHEETS", 2)
    client = client_of(harbour)
    first, second = page(client, "/browse"), page(client, "/browse?n=2")
    assert [len(one.texts("h2")) for one in (first, second)] == [3, 1]
    assert "/browse?n=2" in first.links and "/browse?n=1" in second.links
    assert page(client, "/browse/2026-04-01?n=2").texts("a", "item") == ["新闻3号"]
    for n in ("3", "0", "-1", "x", "９", "99999999999", ""):
        assert page(client, f"/browse?n={n}").texts("h2")


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("/browse/2026-04-02", "room_no_issue"),
        ("/browse/undated-0", "room_no_issue"),
        (f"/browse/{quote('<script>', safe='')}", "room_no_issue"),
        ("/page", "room_no_page"),
        ("/page?file=..%2F..%2Fetc%2Fpasswd", "room_no_page"),
        ("/page?file=%FF%00", "room_no_page"),
        ("/article/none?p=1&q=x", "no_article"),
    ],
)
def test_what_is_not_there_is_said_in_a_page(harbour: Archive, address: str, key: str) -> None:
    out = page(client_of(harbour), address, 404)
    assert out.texts("p", "notice") == [say("zh", key)] and "/browse" in out.links and "/" in out.links


def test_a_deleted_page_is_gone_at_once_from_everything(tmp_path: Path) -> None:
    for n in (1, 2):
        (tmp_path / f"20260401_0{n}版.txt").write_text(NEWS.format(n=n), "utf-8")
    with Live(lambda: Archive.open(tmp_path)) as live:
        client = client_of(live)
        gone = live.pages[1]
        (tmp_path / gone.source).unlink()
        for address in (f"/page?file={quote(gone.source)}", article_address(gone.articles[0].id, 1)):
            page(client, address, 404)
        assert page(client, "/browse/2026-04-01").texts("a", "item") == ["新闻1号"]
        assert page(client, "/browse/2026-04-01?q=渡船").texts("a", "item") == ["新闻1号"]
    with Live(lambda: Archive.open(tmp_path)) as live:  # nothing has looked yet when the issue is opened
        (tmp_path / "20260401_02版.txt").write_text(NEWS.format(n=2), "utf-8")
        assert live.refresh()
        (tmp_path / "20260401_02版.txt").unlink()
        assert page(client_of(live), "/browse/2026-04-01").texts("a", "item") == ["新闻1号"]


class Going:
    """An archive whose pages go between a look at an article and one at its page."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def __getattr__(self, name: str) -> Any:
        return getattr(self._archive, name)

    def page(self, source: str) -> Page:
        raise KeyError(source)


def test_a_page_that_goes_while_it_is_looked_at_is_said_to_be_gone(
    harbour: Archive, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(Going(harbour))
    for article in (article for one in harbour.pages for article in one.articles):
        for address in (article_address(article.id), article_address(article.id, 1, "渡船")):
            assert page(client, address, 404).texts("p", "notice") == [say("zh", "no_article")]
    for address in ("/browse", "/browse/2026-04-01?q=渡船", f"/page?file={quote(harbour.pages[0].source)}&q=渡船"):
        page(client, address)

    async def asked() -> Session:
        made, caller = service(Going(harbour)), Caller("o", "window1", "c")
        session = made.sessions.get(("o", "window1"))
        made.begin(session, "渡船昨日载客多少人？", caller, "zh")
        await made.answer(session, caller, "zh")
        await made.suggest(session, caller)
        return session

    session = asyncio.run(asked())
    assert "card" in session.cards and session.turns[1].reply is not None and session.turns[1].next == ()
    assert not [record for record in caplog.records if record.exc_info], "it is no fault of ours"


def test_before_the_pages_are_open_and_where_there_are_none() -> None:
    app = FastAPI()
    add_routes(app, Service(Opening(lambda: Echo()), Options()))
    waiting = TestClient(app, headers={"accept-language": "en"})
    for address in ("/browse", "/browse/x", "/page?file=x", "/article/x"):
        assert page(waiting, address, 503).texts("p", "notice") == [say("en", "preparing_page")]
    empty = page(client_of(Echo()), "/browse")
    assert empty.texts("p", "notice") == [say("zh", "room_none")]


def test_looking_up_is_counted_with_the_questions(harbour: Archive) -> None:
    client = client_of(harbour, Options(rate=2))
    for _ in range(5):
        page(client, "/browse/2026-04-01")
    assert [client.get("/browse/2026-04-01?q=渡船").status_code for _ in range(3)] == [200, 200, 429]
    assert client.get(f"{article_address(harbour.pages[0].articles[0].id)}?q=渡船").status_code == 429


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    name = "20260401_01版 <img src=x onerror=alert(1)>&amp;'\".txt"
    (tmp_path / name).write_text(HOSTILE_NEWS, "utf-8")
    archive = Archive.open(tmp_path)
    client = client_of(archive)
    article = archive.pages[0].articles[0]
    typed = quote(HOSTILE)
    for address in (
        "/browse",
        "/browse/2026-04-01",
        f"/page?file={quote(name)}",
        f"/page?file={quote(name)}&q={typed}",
        f"/browse/2026-04-01?q={typed}",
        f"/article/{article.id}?q={typed}",
        article_address(article.id, 1),
    ):
        out = page(client, address)
        assert not out.names.keys() & {"img", "b", "script", "em", "iframe"} and out.names["style"] == 1, address
        assert not any(attr.startswith("on") for _, values in out.tags for attr in values), address
        assert not any("example" in link and link.startswith("http") for link in out.links)
    assert HOSTILE in page(client, article_address(article.id)).texts("article")[0]
    assert page(client, f"/article/{article.id}?q={typed}").texts("mark")
    archive.close()


def test_an_issue_is_told_apart_by_its_day_newspaper_and_folder() -> None:
    day = datetime.date(2026, 4, 1)
    made = [
        Issue(None, day, "", ()), Issue("石门日报", day, "", ()), Issue("山前日报", day, "", ()),
        Issue(None, None, "", ()), Issue(None, None, "旧报", ()),
    ]  # fmt: skip
    keys = list(map(issue_key, made))
    assert len(set(keys)) == 5 and keys[0] == "2026-04-01" and keys[3] == "undated"
    assert all(key.isascii() for key in keys) and keys[1].startswith("2026-04-01-")
    listed = Outline(issues_page(made, "en", Look()))
    assert listed.texts("h2")[1] == "石门日报 2026-04-01"


def test_the_room_is_open_at_the_whole_server_and_only_to_read() -> None:
    with running(service()) as address, httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
        got = client.get("/browse", headers={"accept-language": "en-GB"})
        assert got.status_code == 200 and say("en", "room_none") in got.text
        assert got.headers["cache-control"] == "no-store" and got.headers["x-content-type-options"] == "nosniff"
        assert client.head("/browse").status_code == 200 and client.head("/browse").content == b""
        assert [client.get(path).status_code for path in ("/browse/x", "/page?file=x", "/article/x")] == [404] * 3
        assert [client.post(path).status_code for path in ("/browse", "/page", "/browse/x")] == [405] * 3
        assert client.get("/browse/%2e%2e/config").status_code == 404
        lost = client.get("/nowhere", headers={"accept": "text/html,*/*;q=0.8", "accept-language": "zh-CN"})
        assert lost.status_code == 404 and Outline(lost.text).texts("p", "notice") == [say("zh", "no_address")]
        assert client.get("/nowhere", headers={"accept": "*/*"}).json() == {"detail": say("en", "no_address")}
