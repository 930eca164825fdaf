"""What concerns the index itself: `baowen index`, `info`, `forget`, `verify` and `repair`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus.errors import BaowenError, ModelError
from qa.cli_open import ProgressBar, open_archive

if TYPE_CHECKING:
    from embeddings.checkup import Report
    from embeddings.encoder import Encoder
    from embeddings.manifest import Manifest
    from embeddings.shelf import Entry
    from qa.archive import Archive


def index(args: argparse.Namespace) -> int:
    """Bring the index up to date, and with --watch keep it so until interrupted."""
    if args.watch is not None:
        return _watch(args)
    archive = open_archive(args)
    return _report(archive, args.json) if args.report else _statistics(archive, args)


def _report(archive: Archive, as_json: bool) -> int:
    """Which lines of each file were read as what, and how each file was read."""
    from corpus.report import readings

    for page in archive.pages:
        if not as_json:
            issue = " ".join(part for part in (page.date, f"第{page.page}版" if page.page else None) if part)
            counts = Counter(article.kind for article in page.articles)
            found = ", ".join(f"{counts[kind]} {kind}" for kind in sorted(counts))
            print(f"{page.source}{f' ({issue})' if issue else ''}: {found or 'no article'}")
            for note in page.notes:
                print(f"  {note}")
        for reading in readings(page):
            if as_json:
                row = dataclasses.asdict(reading) | {"source": page.source, "span": list(reading.span)}
                print(json.dumps(row, ensure_ascii=False))
            else:
                text = reading.text if len(reading.text) <= 60 else f"{reading.text[:40]}…{reading.text[-19:]}"
                item = str(reading.item) if reading.item else "-"
                print(f"  {reading.line:5d} {item:>3s}  {reading.role:14s} {' '.join(text.split())}")
    return 0


def _statistics(archive: Archive, args: argparse.Namespace) -> int:
    from embeddings import shelf, storage

    entry = shelf.entry(storage.folder_of(archive.root))
    figures = {
        "pages_folder": str(archive.root),
        **archive.statistics(),
        "index_folder": str(entry.folder),
        "bytes": entry.size,
    }
    _print(figures, args.json)
    return 0


def _watch(args: argparse.Namespace) -> int:
    from qa.live import Live

    def changed(archive: Archive) -> None:
        work = archive.work
        done = {} if work is None else dataclasses.asdict(work)
        figures = {"pages": len(archive.pages), **done, "created": archive.statistics()["created"]}
        line = ", ".join(f"{value} {name}" for name, value in figures.items())
        print(json.dumps(figures, ensure_ascii=False) if args.json else line, flush=True)

    with Live(lambda: open_archive(args)) as live:
        changed(live.archive)
        live.on_change(changed)
        live.watch(args.watch)
        print(f"baowen: following {live.root}; end with Ctrl-C", file=sys.stderr)
        while True:
            time.sleep(3600)


def info(args: argparse.Namespace) -> int:
    """What is in one index, brought up to date; or a line for each index that there is."""
    if args.pages is not None:
        return _statistics(open_archive(args), args)
    from embeddings import shelf, storage
    from qa.chat.logs import log_file

    rows = [_entry_row(entry) for entry in shelf.entries()]
    if args.json:
        print(
            json.dumps(
                {"cache": str(storage.cache_root()), "log": str(log_file()), "indexes": rows}, ensure_ascii=False
            )
        )
        return 0
    for row in rows:
        print(row.pop("pages_folder") or "(its pages cannot be told any more)")
        for name, value in row.items():
            print(f"    {name:16s}{value}")
    size = sum(int(row["bytes"]) for row in rows)
    print(f"{len(rows)} index{'' if len(rows) == 1 else 'es'}, {size:,} bytes, in {storage.cache_root()}")
    print(f"The chat's log: {log_file()}")
    return 0


def _entry_row(entry: Entry) -> dict[str, Any]:
    made = entry.manifest
    counts = {} if made is None else {**made.counts, "skipped": len(made.skipped), "model": made.encoder}
    return {
        "pages_folder": None if entry.root is None else str(entry.root),
        "state": entry.state,
        **counts,
        **({} if made is None else {"created": made.created}),
        "index_folder": str(entry.folder),
        "bytes": entry.size,
        "readers": entry.readers,
    }


def forget(args: argparse.Namespace) -> int:
    """Take the index of some pages away; the pages stay."""
    from embeddings import shelf

    row = _entry_row(shelf.forget(Path(args.pages)))
    if args.json:
        print(json.dumps(row, ensure_ascii=False))
    else:
        print(f"The index of {row['pages_folder'] or args.pages} is removed ({row['bytes']:,} bytes); the pages stay.")
    return 0


def verify(args: argparse.Namespace) -> int:
    """Check the index of some pages, or every index there is.

    :returns: 1 where something is damaged.
    """
    from embeddings import checkup

    reports = [checkup.verify(folder, root) for folder, root in _named(args)]
    for report in reports:
        _print_report(report, args)
    return 1 if any(report.problems for report in reports) else 0


def _print_report(report: Report, args: argparse.Namespace) -> None:
    if args.json:
        print(json.dumps(_report_row(report), ensure_ascii=False))
        return
    checked = ", ".join(f"{count} {what}" for what, count in report.checked.items()) or "nothing could be read"
    print(f"{report.root or report.folder}: {'damaged' if report.problems else 'sound'} ({checked})")
    for problem in report.problems:
        print(f"    {problem}")
    for line in report.behind:
        print(f"    at the next opening: {line}")


def _report_row(report: Report) -> dict[str, Any]:
    return {
        "pages_folder": None if report.root is None else str(report.root),
        "index_folder": str(report.folder),
        "sound": not report.problems,
        "problems": [dataclasses.asdict(problem) for problem in report.problems],
        "behind": list(report.behind),
        **report.checked,
    }


def repair(args: argparse.Namespace) -> int:
    """Make anew what is wrong with the index of some pages, or with every index there is, and nothing else.

    :returns: 1 where something is still damaged.
    """
    from embeddings import checkup

    status = 0
    for folder, root in _named(args):
        report = checkup.verify(folder, root)
        if report.root is None:
            _print_report(report, args)
            print(f"baowen: {folder} does not say what it is of; run `baowen forget {folder}`", file=sys.stderr)
            status = 1
            continue
        bar = ProgressBar()
        try:
            done = checkup.repair(report.root, _encoder(args, report.manifest), bar)
        except BaowenError as error:
            if args.pages is not None:
                raise
            print(f"baowen: {error}", file=sys.stderr)  # the other indexes are repaired all the same
            status = 1
            continue
        finally:
            bar.close()
        status |= bool(done.after.problems)
        work = {} if done.work is None else dataclasses.asdict(done.work)
        if args.json:
            row = {
                **_report_row(done.after),
                "repaired": [dataclasses.asdict(one) for one in done.before.problems],
                **work,
            }
            print(json.dumps(row, ensure_ascii=False))
            continue
        _print_report(done.before, args)
        if done.before.problems:
            made = "files read {read}, passages indexed {indexed}, texts embedded {embedded}".format(**work)
            print(f"    {'still damaged' if done.after.problems else 'repaired'}: {made}; the rest was taken over")
    return status


def _named(args: argparse.Namespace) -> list[tuple[Path, Path | None]]:
    """The folders of the indexes that a command is about, and what they are of where that is named."""
    from embeddings import shelf, storage

    if args.pages is not None:
        root = Path(args.pages).expanduser()
        return [(storage.folder_of(root), root)]
    return [(entry.folder, entry.root) for entry in shelf.entries()]


def _encoder(args: argparse.Namespace, manifest: Manifest | None) -> Encoder:
    """The model that is named, else the one that the index was made with, where it can be had, else the bundled one."""
    from embeddings.encoder import load_encoder

    bundled = load_encoder() if args.model is None else None
    if bundled is None or (manifest is not None and manifest.encoder != bundled.name):
        try:
            return load_encoder(args.model if manifest is None or args.model else manifest.encoder, args.device)
        except ModelError:
            if bundled is None:
                raise
    assert bundled is not None
    return bundled


def _print(figures: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(figures, ensure_ascii=False))
    else:
        for name, value in figures.items():
            print(f"{name:16s}{value}")
