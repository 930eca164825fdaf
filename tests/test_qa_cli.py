"""The command line: results on stdout, one clear line and exit status 2 on bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corpus import sample_pages
from qa.cli import build_parser, main

SAMPLE = str(sample_pages())
PAGE = "新桥通车\n\n■记者 王一\n\n本报讯 柳湾大桥昨天通车,全长860米。\n"


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "a.txt").write_text(PAGE, "utf-8")
    return folder


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("BAOWEN_CACHE", str(folder))
    return folder


def refused(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """Run a command that must fail with one line."""
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith("baowen: ") and "Traceback" not in line
    return line


def test_ask_prints_answer_sentence_and_citation(pages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", str(pages), "柳湾大桥有多长?"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "860米",
        "“本报讯 柳湾大桥昨天通车,全长860米。”",
        "[1] a.txt 《新桥通车》第1段",
    ]


def test_ask_as_json(pages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", str(pages), "柳湾大桥有多长?", "--json"]) == 0
    reply = json.loads(capsys.readouterr().out)
    assert reply["answered"] and reply["answer"]["text"] == "860米"
    (start, end), *rest = reply["answer"]["spans"]
    assert PAGE[start:end] == "860米" and not rest
    assert reply["passages"][reply["quote"]["passage"]]["headline"] == "新桥通车"


def test_not_in_these_pages(pages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", str(pages), "火星上的奥林匹斯火山海拔几千米"]) == 0
    assert capsys.readouterr().out.startswith("Not in these pages: nothing in them is about this.")


def test_search_and_info_as_json(pages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", str(pages), "大桥", "--json", "--k", "2"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(rows) == 2 and rows[0]["score"] >= rows[1]["score"]
    assert main(["index", str(pages), "--json"]) == 0
    assert main(["info", str(pages), "--json"]) == 0
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first == second and first["pages"] == 1


def test_evaluate_writes_its_files(pages: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text(
        json.dumps(
            {
                "id": "q1",
                "question": "柳湾大桥有多长?",
                "answers": ["860米"],
                "evidence": "全长860米",
                "source": "a.txt",
            },
            ensure_ascii=False,
        )
        + '\n{"id": "q2", "question": ""}\n',
        "utf-8",
    )
    assert main(["evaluate", str(pages), str(questions), "--out", str(tmp_path / "out"), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    rows = [json.loads(line) for line in (tmp_path / "out/results.jsonl").read_text("utf-8").splitlines()]
    assert [(r["id"], r["answered"], r["reason"]) for r in rows] == [("q1", True, ""), ("q2", False, "not_a_question")]
    assert json.loads((tmp_path / "out/metrics.json").read_text("utf-8")) == figures


def test_missing_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "There is no folder" in refused(capsys, "ask", str(tmp_path / "missing"), "大桥?")


def test_empty_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert "holds no page" in refused(capsys, "index", str(tmp_path / "empty"))


def test_empty_and_over_long_questions(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("ask", "search"):
        assert "The question is empty" in refused(capsys, command, SAMPLE, " \t")
        assert "10,000 characters, 2,000 are allowed" in refused(capsys, command, SAMPLE, "问" * 10_000)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (bytes(range(256)) * 8, "binary or in another encoding"),
        ("橋は昨日開通しました。".encode("shift_jis") * 9, "is no text in UTF-8, UTF-16, GB18030 or Big5"),
        (b"", "is empty"),
        (b"a" * (30 * 1024 * 1024), "has 30 MB"),
    ],
    ids=["binary", "unknown encoding", "empty", "30 MB"],
)
def test_a_bad_page_is_skipped_and_the_rest_answers(
    pages: Path, capsys: pytest.CaptureFixture[str], data: bytes, why: str
) -> None:
    (pages / "bad.txt").write_bytes(data)
    assert main(["ask", str(pages), "柳湾大桥有多长?"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "860米"
    (line,) = [line for line in err.splitlines() if "skipped" in line]
    assert line.startswith("baowen: skipped bad.txt: ") and why in line


def test_a_folder_of_bad_pages_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.txt").write_bytes(b"\x00\x01\x02" * 90)
    line = refused(capsys, "ask", str(tmp_path), "大桥?")
    assert "None of the 1 files" in line and "bad.txt is no text" in line


def test_damaged_index_is_rebuilt_and_said_so(pages: Path, own_cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["index", str(pages)]) == 0
    (vectors,) = own_cache.rglob("vectors.faiss")
    data = bytearray(vectors.read_bytes())
    data[-1] ^= 0xFF
    vectors.write_bytes(data)
    capsys.readouterr()
    assert main(["ask", str(pages), "柳湾大桥有多长?"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "860米"
    assert [line for line in err.splitlines() if "was damaged" in line and "was rebuilt" in line]


def test_unusable_index_folder(
    pages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("not a folder", "utf-8")
    monkeypatch.setenv("BAOWEN_CACHE", str(tmp_path / "file" / "cache"))
    line = refused(capsys, "ask", str(pages), "大桥?")
    assert "BAOWEN_CACHE" in line


def test_unknown_model(pages: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = refused(capsys, "ask", str(pages), "大桥?", "--model", str(tmp_path / "no-such-model"))
    assert "no-such-model" in line


def test_missing_question_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = refused(capsys, "evaluate", SAMPLE, str(tmp_path / "no.jsonl"), "--out", str(tmp_path / "out"))
    assert "no.jsonl" in line


def test_bad_use_exits_2_and_every_command_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    for argv in ([], ["nothing"], ["ask", SAMPLE, "大桥?", "--k", "0"]):
        with pytest.raises(SystemExit) as stop:
            main(argv)
        assert stop.value.code == 2
    for command in ("chat", "ask", "search", "index", "info", "forget", "verify", "repair", "evaluate"):
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            build_parser().parse_args([command, "--help"])
        assert stop.value.code == 0
        assert f"example: baowen {command}" in capsys.readouterr().out
