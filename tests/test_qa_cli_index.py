"""`baowen info`, `forget`, `verify`, `repair` and `index --watch`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from embeddings import locks, storage
from embeddings.encoder import load_encoder
from qa.cli import build_parser, main

PAGE = "新桥通车\n\n■记者 王一\n\n本报讯 柳湾大桥昨天通车,全长860米。\n"
ROOT = Path(__file__).parent.parent


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("BAOWEN_CACHE", str(folder))
    return folder


@pytest.fixture
def pages(tmp_path: Path, own_cache: Path) -> Path:
    """Chinese, spaces, emoji, and in the folder's name a byte that is no UTF-8."""
    folder = tmp_path / ("报 纸🎉" + os.fsdecode(b"\xff"))
    folder.mkdir()
    (folder / "甲 一.txt").write_text(PAGE, "utf-8")
    (folder / "乙🎉.txt").write_text(PAGE.replace("柳湾", "东湾"), "utf-8")
    return folder


def printed(capsys: pytest.CaptureFixture[str], *argv: str, status: int = 0) -> str:
    capsys.readouterr()
    assert main(argv) == status
    return capsys.readouterr().out


def as_json(capsys: pytest.CaptureFixture[str], *argv: str, status: int = 0) -> list[dict[str, object]]:
    return [json.loads(line) for line in printed(capsys, *argv, "--json", status=status).splitlines()]


def test_info_lists_every_index(pages: Path, own_cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (empty,) = as_json(capsys, "info")
    assert empty["indexes"] == [] and empty["cache"] == str(own_cache)
    assert "0 indexes" in printed(capsys, "info")
    (one,) = as_json(capsys, "index", str(pages))
    (listed,) = as_json(capsys, "info")
    (row,) = listed["indexes"]  # type: ignore[misc]
    assert row["pages_folder"] == one["pages_folder"] == str(pages)
    assert (row["state"], row["pages"], row["vectors"], row["bytes"]) == ("ready", 2, row["passages"], one["bytes"])
    assert str(listed["log"]).endswith(".log")
    text = printed(capsys, "info")
    assert "state           ready" in text and str(listed["log"]) in text
    folder = storage.folder_of(pages)
    with locks.writing(folder):
        assert f"being written by process {os.getpid()}" in printed(capsys, "info")
    (folder / "CURRENT").unlink()
    assert "damaged: CURRENT is missing" in printed(capsys, "info")


def test_what_is_printed_holds_on_a_stream_that_takes_no_broken_names(pages: Path, own_cache: Path) -> None:
    command = [sys.executable, "-m", "qa"]
    for argv in (["index", str(pages)], ["info"], ["verify"], ["info", "--json"]):
        done = subprocess.run([*command, *argv], capture_output=True, cwd=ROOT, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        assert "报 纸🎉\\udcff" in done.stdout.decode("utf-8")
    assert json.loads(done.stdout)["indexes"][0]["pages_folder"] == str(pages)
    answer = subprocess.run(
        [*command, "ask", str(pages), "柳湾大桥有多长?"], capture_output=True, cwd=ROOT, check=False
    )
    assert answer.stdout.decode("utf-8").splitlines()[0] == "860米"


def test_forget_removes_the_index_and_leaves_the_pages(
    pages: Path, own_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["index", str(pages)])
    assert "is removed" in printed(capsys, "forget", str(pages))
    assert list(own_cache.iterdir()) == [] and len(list(pages.iterdir())) == 2
    assert main(["forget", str(pages)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("baowen: There is no index of")
    main(["index", str(pages)])
    with locks.writing(storage.folder_of(pages)):
        assert main(["forget", str(pages)]) == 2
    assert f"is being written by process {os.getpid()}" in capsys.readouterr().err
    (row,) = as_json(capsys, "forget", str(pages))
    assert row["pages"] == 2


def test_verify_names_damage_and_repair_mends_it_alone(
    pages: Path, own_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(pages)]) == 2
    assert "There is no index" in capsys.readouterr().err
    main(["index", str(pages)])
    assert "sound" in printed(capsys, "verify", str(pages))
    folder = storage.folder_of(pages)
    vectors = folder / storage.named(folder) / "vectors.faiss"
    vectors.write_bytes(vectors.read_bytes()[:-4])
    for argv in (["verify"], ["verify", str(pages)]):
        text = printed(capsys, *argv, status=1)
        assert "damaged" in text and "    vectors.faiss does not match its checksum" in text
    (row,) = as_json(capsys, "verify", status=1)
    assert row["problems"] == [{"file": "vectors.faiss", "what": "does not match its checksum"}]
    (row,) = as_json(capsys, "repair")
    assert (row["sound"], row["problems"], row["read"], row["indexed"]) == (True, [], 0, 0)
    assert row["repaired"] == [{"file": "vectors.faiss", "what": "does not match its checksum"}]
    assert row["embedded"] == 4  # two bodies; headline and byline of both pages are the same texts
    assert "sound" in printed(capsys, "repair", str(pages))
    words = folder / storage.named(folder) / "lexical.npz"
    words.unlink()
    assert "repaired: files read 0, passages indexed 6, texts embedded 0" in printed(capsys, "repair", str(pages))
    assert "sound" in printed(capsys, "verify", str(pages))


def test_an_index_that_cannot_say_what_it_is_of_is_left_to_be_forgotten(
    pages: Path, own_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["index", str(pages)])
    folder = storage.folder_of(pages)
    for path in (folder / "PAGES", folder / storage.named(folder) / "manifest.json"):
        path.unlink()
    capsys.readouterr()
    assert main(["repair"]) == 1
    assert f"run `baowen forget {folder}`" in capsys.readouterr().err
    assert main(["forget", str(folder)]) == 0
    assert not folder.exists()


def test_one_index_that_cannot_be_repaired_does_not_keep_the_others_from_it(
    pages: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "a"
    other.mkdir()
    (other / "a.txt").write_text(PAGE, "utf-8")
    folders = []
    for root in (other, pages):
        main(["index", str(root)])
        folders.append(storage.folder_of(root))
        (folders[-1] / storage.named(folders[-1]) / "vectors.faiss").unlink()
    (other / "a.txt").unlink()
    capsys.readouterr()
    assert main(["repair"]) == 1
    out, err = capsys.readouterr()
    assert "holds no page" in err and "repaired" in out
    assert main(["verify", str(pages)]) == 0 and main(["verify", str(other)]) == 1
    assert main(["repair", str(other)]) == 2


def test_repair_keeps_to_the_model_of_the_index(
    pages: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "model"
    home = ROOT / "embeddings" / "model"
    subprocess.run(["cp", "-r", str(home), str(model)], check=True)
    (model / "README.md").unlink(missing_ok=True)
    main(["index", str(pages), "--model", str(model)])
    folder = storage.folder_of(pages)
    (folder / storage.named(folder) / "vectors.faiss").unlink()
    assert "repaired" in printed(capsys, "repair")
    found = storage.current(folder)
    assert found is not None and found[1].encoder == str(model)
    assert load_encoder(str(model)).fingerprint == found[1].fingerprint


def test_index_follows_a_folder_until_interrupted(pages: Path, own_cache: Path) -> None:
    command = [sys.executable, "-m", "qa", "index", str(pages), "--watch", "0.1", "--json"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background ignores it
    ) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["pages"] == 2
        (pages / "丙.txt").write_text(PAGE.replace("柳湾", "南湾"), "utf-8")
        row = json.loads(process.stdout.readline())
        assert (row["pages"], row["read"]) == (3, 1)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130


def test_bad_seconds_are_bad_use(pages: Path) -> None:
    for text in ("0", "-1", "x", "nan"):
        with pytest.raises(SystemExit) as stop:
            build_parser().parse_args(["index", str(pages), "--watch", text])
        assert stop.value.code == 2
    assert build_parser().parse_args(["chat", str(pages), "--watch"]).watch == 2.0
