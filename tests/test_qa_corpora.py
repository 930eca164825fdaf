"""Switching between sets of pages: opened late, closed when unused for longest, conversations outlive it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus.errors import InputError, PagesError
from corpus.files import sample_pages
from qa.archive import Archive
from qa.folders.corpora import Corpora
from qa.folders.uploads import Uploads
from qa.live import Live

BRIDGE = "新桥通车\n\n■记者 王一山\n\n本报讯 柳湾大桥昨天通车,全长860米。大桥总投资3亿元。\n\n市民可以步行过桥。\n"
SCHOOL = "小学搬迁\n\n■记者 李小禾\n\n本报讯 山前小学下周搬进新校舍,教室多了12间。\n"
FARM = "稻田丰收\n\n■记者 陈白石\n\n本报讯 山后村的晚稻开镰,亩产620公斤。\n"


class Opener:
    """Opens archives and keeps count; `closed` are those that were closed."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.closed: list[str] = []
        self.wait: threading.Event | None = None

    def __call__(self, path: Path) -> Live:
        self.opened.append(path.name)
        if self.wait is not None:
            assert self.wait.wait(20)
        opener = self

        class Counted(Live):
            def close(self) -> None:
                opener.closed.append(path.name)
                super().close()

        return Counted(lambda: Archive.open(path))


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    made = {}
    for name, text in (("桥", BRIDGE), ("校", SCHOOL), ("田", FARM)):
        made[name] = tmp_path / "papers" / name
        made[name].mkdir(parents=True)
        (made[name] / "20260401_01版.txt").write_text(text, "utf-8")
    return made


@pytest.fixture
def opener() -> Opener:
    return Opener()


@pytest.fixture
def corpora(folders: dict[str, Path], opener: Opener, tmp_path: Path) -> Iterator[Corpora]:
    made = Corpora(opener, folders["桥"], Uploads(tmp_path / "uploads"), capacity=2)
    yield made
    made.close()


def states(corpora: Corpora) -> list[tuple[str, str]]:
    return [(one.key if one.kind != "added" else one.name, one.state) for one in corpora.all()]


def test_what_there_is_and_that_nothing_opens_before_it_is_used(corpora: Corpora, opener: Opener) -> None:
    assert states(corpora) == [("opened", "closed"), ("sample", "closed"), ("uploads", "empty")]
    assert [one.name for one in corpora.all()] == ["桥", "sample", "pages"] and opener.opened == []
    with corpora.use("opened") as live:
        assert live.pages[0].source == "20260401_01版.txt"
        assert states(corpora)[0] == ("opened", "open")
    with corpora.use("opened"):
        pass
    assert opener.opened == ["桥"] and states(corpora)[0] == ("opened", "open")
    with pytest.raises(InputError, match=r"^There are no pages '\.\./etc' here; choose some from the list\.$"):
        corpora.conversation("../etc")


def test_the_sample_opened_is_one_set(opener: Opener) -> None:
    corpora = Corpora(opener, sample_pages())
    assert states(corpora) == [("opened", "closed")]


def test_a_set_is_added_once_and_for_this_chat_alone(
    corpora: Corpora, opener: Opener, folders: dict[str, Path], tmp_path: Path
) -> None:
    key = corpora.add(folders["校"], "校\n报")
    assert corpora.add(folders["校"] / ".." / "校", "别名") == key and corpora.add(folders["桥"]) == "opened"
    assert states(corpora)[3:] == [("校 报", "closed")]
    with corpora.use(key) as live:
        assert live.ask("教室多了几间?").answered
    assert states(Corpora(opener, folders["田"])) == [("opened", "closed"), ("sample", "closed")]
    with pytest.raises(PagesError):
        corpora.add(tmp_path / "none")


def test_a_folder_that_is_gone(corpora: Corpora, folders: dict[str, Path]) -> None:
    key = corpora.add(folders["田"])
    folders["田"].rename(folders["田"].with_name("elsewhere"))
    assert states(corpora)[3:] == [("田", "gone")]
    with pytest.raises(PagesError), corpora.use(key):
        pass
    folders["田"].with_name("elsewhere").rename(folders["田"])
    with corpora.use(key) as live:  # a failure is not remembered
        assert live.ask("亩产多少公斤?").answered


def test_the_one_unused_for_longest_is_closed(corpora: Corpora, opener: Opener, folders: dict[str, Path]) -> None:
    school, farm = corpora.add(folders["校"]), corpora.add(folders["田"])
    for key in ("opened", school, "opened", farm):
        with corpora.use(key):
            pass
    assert opener.closed == ["校"] and opener.opened == ["桥", "校", "田"]
    with corpora.use("opened"), corpora.use(school), corpora.use(farm):
        # For the second 田 went, which nobody used; for the third none could be closed.
        assert opener.closed == ["校", "田"] and opener.opened[3:] == ["校", "田"]
    assert opener.closed[2:] == ["田"]  # the first that nobody used any more
    corpora.close()
    assert sorted(opener.closed[3:]) == ["校", "桥"]


def test_a_conversation_outlives_the_closing_of_its_pages(
    corpora: Corpora, opener: Opener, folders: dict[str, Path]
) -> None:
    talk = corpora.conversation("opened")
    assert talk.ask("柳湾大桥有多长?").answer_text == "860米"
    for key in (corpora.add(folders["校"]), corpora.add(folders["田"])):
        with corpora.use(key):
            pass
    assert opener.closed == ["桥"] and talk._talk is None
    follow_up = talk.ask("那总投资呢?")
    assert "大桥" in follow_up.effective_question and follow_up.answer_text == "3亿元"
    assert opener.opened.count("桥") == 2
    talk.reset()
    assert talk.ask("那总投资呢?").effective_question == "那总投资呢?"


def test_conversations_do_not_mix(corpora: Corpora, folders: dict[str, Path]) -> None:
    school = corpora.conversation(corpora.add(folders["校"]))
    bridge, other = corpora.conversation("opened"), corpora.conversation("opened")
    assert bridge.ask("柳湾大桥有多长?").answered and school.ask("教室多了几间?").answer_text == "12间"
    assert other.ask("那总投资呢?").effective_question == "那总投资呢?"
    assert bridge.ask("那总投资呢?").answer_text == "3亿元"


def test_uploads_are_a_set_that_shows_their_names(corpora: Corpora) -> None:
    with pytest.raises(InputError, match=r"^No page has been uploaded yet; upload one first\.$"):
        corpora.conversation("uploads").ask("柳湾大桥有多长?")
    assert corpora.uploads is not None
    first = corpora.uploads.add("我的 20260401_01版.txt", BRIDGE.encode())
    talk = corpora.conversation("uploads")
    assert talk.ask("柳湾大桥有多长?").answered
    assert corpora.papers("uploads").names == {first.source: "我的 20260401_01版.txt"}
    second = corpora.uploads.add("b.txt", SCHOOL.encode())
    assert corpora.papers("uploads").names.keys() == {first.source, second.source}
    with corpora.use("uploads") as live:
        live.refresh()
    assert talk.ask("教室多了几间?").answered
    corpora.uploads.remove(first.id)
    assert not corpora.conversation("uploads").ask("柳湾大桥有多长?").answered
    assert corpora.papers("uploads").names == {second.source: "b.txt"}


def test_papers_of_each_set(corpora: Corpora, folders: dict[str, Path]) -> None:
    key = corpora.add(folders["校"])
    (folders["校"] / "papers.toml").write_text('title = "山前日报"', "utf-8")
    assert corpora.papers(key).defaults.title == "山前日报" and corpora.papers("opened").defaults.title is None
    (folders["校"] / "papers.toml").unlink()
    assert corpora.papers(key).defaults.title is None


def test_many_threads_open_each_set_once(folders: dict[str, Path], opener: Opener) -> None:
    corpora = Corpora(opener, folders["桥"])
    keys = ["opened", corpora.add(folders["校"]), corpora.add(folders["田"])]
    opener.wait = threading.Event()
    answers: list[tuple[str, str | None]] = []
    asked = {keys[0]: "柳湾大桥有多长?", keys[1]: "教室多了几间?", keys[2]: "亩产多少公斤?"}

    def work(key: str) -> None:
        for _ in range(3):
            answers.append((key, corpora.conversation(key).ask(asked[key]).answer_text))

    threads = [threading.Thread(target=work, args=(key,)) for key in keys * 4]
    for thread in threads:
        thread.start()
    opener.wait.set()
    for thread in threads:
        thread.join()
    assert Counter(opener.opened) == {"桥": 1, "校": 1, "田": 1} and opener.closed == []
    assert Counter(answers) == {(keys[0], "860米"): 12, (keys[1], "12间"): 12, (keys[2], "620公斤"): 12}


def test_many_threads_and_room_for_one(folders: dict[str, Path], opener: Opener) -> None:
    corpora = Corpora(opener, folders["桥"], capacity=1)
    asked = {"opened": "柳湾大桥有多长?", corpora.add(folders["校"]): "教室多了几间?"}
    found: list[str | None] = []

    def work(key: str) -> None:
        talk = corpora.conversation(key)
        for _ in range(5):
            found.append(talk.ask(asked[key]).answer_text)

    threads = [threading.Thread(target=work, args=(key,)) for key in [*asked] * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(found) == {"860米": 15, "12间": 15}
    assert len(opener.opened) - len(opener.closed) == 1
    with pytest.raises(ValueError, match="capacity is 0"):
        Corpora(opener, folders["桥"], capacity=0)
