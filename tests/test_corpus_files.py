"""Files of every encoding are read; a bad one is skipped with its reason and never stops the rest."""

from __future__ import annotations

import codecs
import time
from pathlib import Path

import pytest

from corpus import read_pages
from corpus.__main__ import main
from corpus.errors import PagesError
from corpus.files import list_files
from corpus.formats.text import decode

TEXT = "菜场换新颜\n\n■记者 王一\n\n本报讯 老菜场改造后,摊位增加到60个。\n"


BIG5 = """菜場換新顏

■記者 王一

本報訊 老菜場改造後,攤位增加到60個,「租金沒有漲。」
"""


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (TEXT.encode(), ""),
        (codecs.BOM_UTF8 + TEXT.encode(), ""),
        (TEXT.replace("\n", "\r\n").encode(), ""),
        (TEXT.encode("gb18030"), "is not in UTF-8; it was read as GB18030 (detected)."),
        (TEXT.encode("utf-16"), "is in UTF-16, by its mark."),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "is in UTF-16, by its mark."),
        (TEXT.encode("utf-16-le"), "is not in UTF-8; it was read as UTF-16 (detected)."),
        (TEXT.encode("utf-16-be"), "is not in UTF-8; it was read as UTF-16 (detected)."),
    ],
    ids=["utf-8", "bom", "crlf", "gb18030", "utf-16", "utf-16-be", "utf-16-le bare", "utf-16-be bare"],
)
def test_encodings(data: bytes, note: str) -> None:
    assert decode(data, "page.txt") == (TEXT, (f"page.txt {note}",) if note else ())


@pytest.mark.parametrize("encoding", ["big5", "cp950", "big5hkscs", "gb18030", "utf-16-le"])
@pytest.mark.parametrize("text", [BIG5, BIG5.replace("\n", ""), "攤位增加到六十個,通道拓寬到兩米半"])
def test_traditional_text(encoding: str, text: str) -> None:
    found, (note,) = decode(text.encode(encoding), "page.txt")
    assert found == text
    label = {"gb18030": "GB18030", "utf-16-le": "UTF-16"}.get(encoding, "Big5")
    assert note == f"page.txt is not in UTF-8; it was read as {label} (detected)."


LONG = (
    "城東的老菜場關門改造了八個月,昨天重新開張。攤位從原來的四十二個增加到六十個,通道拓寬到兩米半,水產區和熟食區分開。"
    "負責人說,這次改造花了三百二十萬元,其中一半由街道補貼;原來的攤主都回來了,租金三年不漲,早市仍從清晨五點開始。"
    "住在附近的居民說,過去下雨要穿膠鞋買菜,現在地面乾爽,推著嬰兒車也能進去。管理處還留出八個攤位,免費給郊區農戶賣自己種的菜。"
)


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "utf-16-le", "utf-16-be"])
def test_pages_are_read_and_short_pieces_read_or_refused_but_never_wrongly(encoding: str) -> None:
    assert decode(LONG.encode(encoding), "page.txt")[0] == LONG
    for length in (12, 20, 40, 80):
        for start in range(0, len(LONG) - length, 7):
            piece = LONG[start : start + length]
            try:
                found = decode(piece.encode(encoding), "page.txt")[0]
            except PagesError as error:
                assert length < 40 and "no text in UTF-8" in str(error)
            else:
                assert found == piece


def test_too_short_to_tell_is_refused() -> None:
    with pytest.raises(PagesError, match="no text in UTF-8"):
        decode("菜場換新顏".encode("big5"), "page.txt")


def test_big5_page_is_read_into_its_article(tmp_path: Path) -> None:
    (tmp_path / "big5.txt").write_bytes(BIG5.encode("big5"))
    (page,) = read_pages(tmp_path).pages
    (article,) = page.articles
    assert article.headline == "菜場換新顏" and article.paragraphs[0].text == BIG5.split("\n")[4]
    assert page.notes == ("big5.txt is not in UTF-8; it was read as Big5 (detected).",)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "big5"])
def test_file_cut_inside_a_character_is_read_and_noted(encoding: str) -> None:
    whole = BIG5.strip() + "完" * 3
    found, notes = decode(whole.encode(encoding)[:-1], "page.txt")
    assert found == whole[:-1] + "\ufffd"
    assert notes[-1] == "page.txt has 1 damaged character(s), shown as \ufffd; save it anew if you can."


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (codecs.BOM_UTF8 + b" \n", "empty"),
        (bytes(range(256)) * 40, "no text"),
        (b"\x7fELF\x02\x01\x01" + b"\x00\x01\x02\x03" * 100, "no text"),
        (codecs.BOM_UTF16_LE + b"\x00\xd8" * 9, "no text"),
        ("新聞の見出しをここに書いておきます。".encode("shift_jis") * 5, "no text .* look like CP932"),
        ("新聞の見出しをここに書いておきます。".encode("euc_jp") * 5, "no text .* look like EUC-JP"),
        ("시장이 새 단장을 마치고 어제 다시 문을 열었다.".encode("euc_kr"), "no text .* look like"),
        ("Les élèves ont déjà été reçus à Évian".encode("latin-1"), "no text .* look like"),
        ("Вчера после восьми месяцев снова открылся рынок".encode("cp1251"), "no text .* look like"),
    ],
    ids=[
        "empty",
        "white",
        "white with bom",
        "bytes",
        "elf",
        "surrogates",
        "shift-jis",
        "euc-jp",
        "euc-kr",
        "latin-1",
        "cp1251",
    ],
)
def test_what_is_no_page(data: bytes, why: str) -> None:
    with pytest.raises(PagesError, match=why):
        decode(data, "page.txt")


def test_no_detector_looks_at_a_page_in_utf8(monkeypatch: pytest.MonkeyPatch) -> None:
    def detected(*args: object) -> None:
        pytest.fail("asked which encoding it is in")

    for name in ("_bare_utf16", "_detected", "_best"):
        monkeypatch.setattr(f"corpus.formats.text.{name}", detected)
    data = (TEXT * 300).encode()
    start = time.process_time()
    for _ in range(10):
        assert decode(data, "page.txt") == (TEXT * 300, ())
    assert (time.process_time() - start) / 10 < 0.02
    with pytest.raises(pytest.fail.Exception, match="which encoding"):
        decode(TEXT.encode("gb18030"), "page.txt")


def test_one_bad_file_is_skipped_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "子 文件夹📰").mkdir()
    (tmp_path / "子 文件夹📰" / "good.txt").write_text(TEXT, "utf-8")
    (tmp_path / "binary.txt").write_bytes(b"\x00\x01\x02\x03" * 50)
    (tmp_path / "empty.txt").write_bytes(b"")
    with (tmp_path / "large.txt").open("wb") as large:
        large.truncate(30 * 1024 * 1024)
    (tmp_path / ".hidden.txt").write_text(TEXT, "utf-8")
    (tmp_path / "notes.doc").write_text(TEXT, "utf-8")
    corpus = read_pages(tmp_path)
    assert [page.source for page in corpus.pages] == ["子 文件夹📰/good.txt"]
    assert {s.source: s.reason for s in corpus.skipped} == {
        "binary.txt": "binary.txt is no text in UTF-8, UTF-16, GB18030 or Big5 (it may be binary or in another "
        "encoding); save it as UTF-8 and try again.",
        "empty.txt": "empty.txt is empty; a page must hold text.",
        "large.txt": "large.txt has 30 MB, such a file may have 20 at most; split it.",
    }
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().err.count("skipped") == 3


def test_single_file_is_a_corpus(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(TEXT, "utf-8")
    (page,) = read_pages(tmp_path / "one.txt").pages
    assert page.source == "one.txt"


def test_a_single_file_of_another_name_is_read_as_text(tmp_path: Path) -> None:
    (tmp_path / "2026年3月.dump").write_text(TEXT, "utf-8")
    corpus = read_pages(tmp_path / "2026年3月.dump")
    assert [page.text for page in corpus.pages] == [TEXT] and corpus.skipped == ()


def test_missing_and_empty_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PagesError, match="no folder or file"):
        list_files(tmp_path / "missing")
    with pytest.raises(PagesError, match="holds no page"):
        list_files(tmp_path)
    assert main([str(tmp_path / "missing")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
