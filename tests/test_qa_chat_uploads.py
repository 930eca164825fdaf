"""Uploading pages over HTTP: taken or refused with the reason, read in the background, asked, removed, kept."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from chat_client import User
from chat_parts import running, until

from qa.archive import Archive
from qa.chat.labels import say
from qa.chat.opening import Opening
from qa.chat.options import Options
from qa.chat.reasons import worded
from qa.chat.service import Service
from qa.chat.shelves import Shelves
from qa.chat.uploading import AT_ONCE_EACH, NotReceivedError, Reception
from qa.folders.uploads import Limits, Uploads
from qa.live import Live

BRIDGE = "新桥通车\n\n■记者 王一山\n\n本报讯 柳湾大桥昨天通车，全长860米。大桥总投资3亿元。\n"
FARM = "稻田丰收\n\n■记者 陈白石\n\n本报讯 山后村的晚稻开镰，亩产620公斤。\n"
BOATS = "渡轮停航\n\n■记者 周知\n\n本报讯 沙口渡轮今天停航检修，检修要{days}天。\n\n责任编辑：吴双\n"
HOSTILE = "<img src=x onerror=alert(1)>飞艇首航${1}\n\n■记者 周知\n\n本报讯 紫云号飞艇昨日首航，载客十二人。\n"
OPTIONS = Options(rate=0, upload_mb=1, upload_request_mb=2)
JSON = {"accept": "application/json"}


@dataclass
class Chat:
    """A server with a folder of one page, to which pages can be uploaded."""

    address: str
    shelves: Shelves
    opened: contextlib.ExitStack

    def client(self, language: str = "zh-CN") -> httpx.Client:
        """A browser that has opened the page of pages."""
        client = httpx.Client(
            base_url=self.address,
            headers={"accept-language": language},
            trust_env=False,
            timeout=60,
            follow_redirects=True,
        )
        self.opened.enter_context(client).get("/pages").raise_for_status()
        return client

    def upload_id(self, name: str) -> str:
        assert self.shelves.uploads is not None
        return next(one.id for one in self.shelves.uploads.all() if one.name == name)


def shelves_of(folder: Path, uploads: Uploads | None) -> Shelves:
    pages = folder / "papers"
    pages.mkdir(exist_ok=True)
    (pages / "20260401_01版.txt").write_text(BRIDGE, "utf-8")
    return Shelves(lambda path: Live(lambda: Archive.open(path)), pages, uploads, seconds=0.2)


@contextlib.contextmanager
def serving(shelves: Shelves, options: Options = OPTIONS) -> Iterator[Chat]:
    made = Service(Opening(shelves.open), options, shelves)
    with contextlib.closing(shelves), running(made) as address, contextlib.ExitStack() as opened:
        until(lambda: made.opening.ready or made.opening.error)
        yield Chat(address, shelves, opened)


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    folder = tmp_path_factory.mktemp("chat")
    with serving(shelves_of(folder, Uploads(folder / "uploads", Limits(2**20, 20, 4 * 2**20)))) as started:
        yield started


def send(client: httpx.Client, *files: tuple[str, str | bytes]) -> list[dict[str, object]]:
    """Upload files as the page's script does."""
    answer = client.post("/pages/upload", files=[("files", (name, data)) for name, data in files], headers=JSON)
    found: list[dict[str, object]] = answer.json()["files"]
    return found


def row(client: httpx.Client, name: str) -> str:
    """What the page says of an upload, "" where it lists none of that name."""
    page = client.get("/pages").text.partition('id="uploaded"')[2]
    found = re.search(rf"<li class=\"set\"(?:(?!</li>).)*?{re.escape(name)}.*?</li>", page, re.DOTALL)
    return "" if found is None else found[0]


def test_the_reading_room_leads_to_the_pages_and_back(chat: Chat) -> None:
    client = chat.client()
    room = ["/browse", "/browse/2026-04-01", "/browse/none", "/page?file=20260401_01版.txt", "/page", "/article/none"]
    article = re.search(r'href="(/article/[^"?]+)"', client.get("/browse").text)
    assert article is not None
    for address in [*room, article[1]]:
        way = client.get(address).text.partition("<nav")[2].partition("</nav>")[0]
        assert f'<a href="/pages">{say("zh", "pages_title")}</a>' in way, address
    page = client.get("/pages").text
    way = page.partition("<nav")[2].partition("</nav>")[0]
    assert '<a href="/browse">' in way and '<a href="/">' in way and "/pages" not in way, "no link to where one is"
    assert "上传的版面由所有能打开这个窗口的人共用" in page
    english = client.get("/pages", headers={"accept-language": "en"}).text
    assert "Uploads are shared by everyone who can open this chat" in english


def test_an_uploaded_page_answers_until_it_is_removed(chat: Chat) -> None:
    client, name = chat.client(), "20260402_05版.txt"
    assert send(client, (name, FARM)) == [{"name": name, "kept": True, "said": say("zh", "pages_kept", name=name)}]
    until(lambda: "pages/read" in row(client, name))
    assert "2026-04-02" in row(client, name) and "第5版" in row(client, name) and "1篇文章" in row(client, name)

    async def asked(question: str, key: str) -> str:
        user = User.of(chat.address)
        await user.open()
        chosen = await user.client.post("/pages/choose", data={"key": key})
        assert chosen.status_code == 303
        said = await user.ask(question)
        await user.close()
        assert said.done
        return said.text

    assert "620公斤" in asyncio.run(asked("晚稻亩产多少公斤？", "uploads"))
    assert "620公斤" not in asyncio.run(asked("晚稻亩产多少公斤？", "opened"))
    source = chat.shelves.source("uploads")
    assert source is not None
    article = next(one for page in source.pages for one in page.articles if one.headline == "稻田丰收")
    assert client.get(f"/article/{article.id}").status_code == 200
    gone = client.post("/pages/remove", data={"id": chat.upload_id(name)})
    assert gone.status_code == 200 and name in gone.text and row(client, name) == ""
    assert client.get(f"/article/{article.id}").status_code == 404
    assert "620公斤" not in asyncio.run(asked("晚稻亩产多少公斤？", "uploads"))


def test_what_is_not_taken_is_said_in_both_languages(chat: Chat) -> None:
    given = (
        ("程序.exe", b"MZ\x90\0"),
        ("空.txt", b" "),
        ("不是.pdf", "本报讯".encode()),
        ("大.txt", b"\xe6" * (2**20 + 1)),
    )
    kept = len(chat.shelves.uploads.all()) if chat.shelves.uploads else 0
    for language, expected in (("zh-CN", "这类文件不能读"), ("en", "is of no kind that is read")):
        client = chat.client(language)
        refused = [one for file in given for one in send(client, file)]
        assert [one["kept"] for one in refused] == [False] * 4 and expected in str(refused[0]["said"])
        chinese = [bool(re.search("[一-鿿].*；", str(one["said"]))) for one in refused]
        assert chinese == [language == "zh-CN"] * 4
    assert len(chat.shelves.uploads.all()) == kept  # type: ignore[union-attr]


def test_the_form_works_without_script_and_names_each_file(chat: Chat) -> None:
    client = chat.client("en")
    text = BOATS.format(days="三")
    files = [("files", ("20260403_02版.txt", text)), ("files", ("again.txt", text)), ("files", ("x.exe", "MZ"))]
    page = client.post("/pages/upload", files=files).text
    assert "Received: 20260403_02版.txt" in page
    assert "again.txt is here already, as 20260403_02版.txt" in page and "x.exe is of no kind" in page


def test_the_report_tells_what_was_left_out_and_markup_is_text(chat: Chat) -> None:
    client, name = chat.client(), "<b>20260404_06版.txt"
    assert send(client, (name, HOSTILE + "\n责任编辑：吴双\n"))[0]["kept"]
    shown = "&lt;b&gt;20260404_06版.txt"
    until(lambda: "pages/read" in row(client, shown))
    address = re.search(r"/pages/read/[a-z]+", row(client, shown))
    assert address is not None
    report = client.get(address[0]).text
    assert "编辑与联系方式" in report and "责任编辑:吴双" in report.replace("：", ":") and "周知" in report
    for page in (report, client.get("/pages").text):
        assert "<img" not in page and "<b>2026" not in page
    assert client.get("/pages/read/aaaaaaaaaaaaaaaa").status_code == 404


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    """Also where it is the only one, so that there is nothing to open."""
    with serving(shelves_of(tmp_path, Uploads(tmp_path / "uploads"))) as chat:
        client = chat.client()
        assert send(client, ("坏.pdf", b"%PDF-1.4 nothing"))[0]["kept"]
        until(lambda: "unread" in row(client, "坏.pdf"))
        assert "坏.pdf" in row(client, "坏.pdf").partition("became")[2]
        assert str(tmp_path) not in client.get("/pages").text
        assert send(client, ("20260402_05版.txt", FARM))[0]["kept"]
        until(lambda: "pages/read" in row(client, "20260402_05版.txt"))
        assert "unread" in row(client, "坏.pdf")
        assert client.post("/pages/remove", data={"id": chat.upload_id("20260402_05版.txt")}).status_code == 200
        until(lambda: not chat.shelves.state("uploads").reading)
        assert "unread" in row(client, "坏.pdf")


def test_uploads_survive_a_restart(tmp_path: Path) -> None:
    with serving(shelves_of(tmp_path, Uploads(tmp_path / "uploads"))) as chat:
        assert send(chat.client(), ("20260402_05版.txt", FARM))[0]["kept"]
    with serving(shelves_of(tmp_path, Uploads(tmp_path / "uploads"))) as chat:
        client = chat.client()
        until(lambda: "pages/read" in row(client, "20260402_05版.txt"))
        source = chat.shelves.source("uploads")
        assert source is not None and "620公斤" in str(source.ask("晚稻亩产多少公斤？").answer)


def test_switched_off(tmp_path: Path) -> None:
    with serving(shelves_of(tmp_path, None)) as chat:
        client = chat.client("en")
        assert "<form id=" not in client.get("/pages").text and say("en", "pages_off") in client.get("/pages").text
        answer = client.post("/pages/upload", files={"files": ("a.txt", FARM)}, headers=JSON)
        assert (answer.status_code, answer.json()["files"][0]["said"]) == (403, say("en", "pages_off"))
        assert client.post("/pages/remove", data={"id": "a" * 16}).status_code == 403


def test_too_much_at_once_is_refused_with_and_without_a_stated_length(chat: Chat) -> None:
    client = chat.client("en")
    large = [("files", (f"{n}.txt", "a" * 2**20)) for n in range(3)]
    answer = client.post("/pages/upload", files=large, headers=JSON)
    assert (answer.status_code, answer.json()["files"][0]["said"]) == (413, say("en", "pages_too_large", most=2))

    def unstated() -> Iterator[bytes]:
        yield b'--x\r\ncontent-disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
        for _ in range(3 * 16):
            yield b"a" * 2**16
        yield b"\r\n--x--\r\n"

    headers = {**JSON, "content-type": "multipart/form-data; boundary=x"}
    assert client.post("/pages/upload", content=unstated(), headers=headers).status_code == 413
    for body in (b"", b"files=a.txt", b"--x\r\nbroken"):
        assert client.post("/pages/upload", content=body, headers=headers).status_code == 400


def test_one_client_cannot_take_all_places() -> None:
    async def run() -> None:
        reception = Reception(100)
        with reception._place("a"), reception._place("a"), reception._place("a"):
            assert AT_ONCE_EACH == 3
            with pytest.raises(NotReceivedError, match="pages_busy"), reception._place("a"):
                pass
            with reception._place("b"):
                pass
        with reception._place("a"):
            pass

    asyncio.run(run())


def test_other_sites_may_not_upload_or_remove(chat: Chat) -> None:
    client = chat.client()
    for path in ("upload", "remove", "choose", "follow", "reread"):
        headers = {"origin": "http://elsewhere.example"}
        assert client.post(f"/pages/{path}", data={"key": "sample"}, headers=headers).status_code == 403
    assert client.get("/pages/upload").status_code == 405 and client.post("/pages").status_code == 405
    assert client.get("/pages/none").status_code == 404


def test_sentences_are_worded_in_chinese_with_their_names() -> None:
    said = "甲.txt is no plain text: by its content it is a PNG picture; save it as what it is and try again."
    assert worded(said, "en") == said
    assert worded(said, "zh") == "甲.txt：不是纯文本，内容看来是PNG 图片；请另存为相应的格式再传。"
    assert worded("Something else.", "zh") == "Something else."
