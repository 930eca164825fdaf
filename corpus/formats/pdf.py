"""PDF: the text layer by position, sheet by sheet; a sheet without one is read by text recognition where installed."""

from __future__ import annotations

import threading
from typing import Any

from corpus.errors import PagesError
from corpus.formats.paragraphs import compose
from corpus.formats.pdf_sheet import read_sheet
from corpus.formats.printed import Sheet
from corpus.reading import sign_of_progress
from corpus.records import Extracted

MAX_SHEETS = 400
MAX_SCANNED = 60  # recognition takes some ten seconds a sheet
_PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD

# pdfium must not be called by two threads at once.
_LOCK = threading.Lock()


def read(data: bytes, name: str) -> Extracted:
    """The text of a PDF in reading order; regions are in points.

    :raises PagesError: if the file is damaged, needs a password, holds no text or too much of it, or holds scanned
        sheets alone and text recognition is not installed.
    """
    import pypdfium2 as pdfium

    if not data.strip():
        raise PagesError(f"{name} is empty; a page must hold text.")
    with _LOCK:
        try:
            document = pdfium.PdfDocument(data)
        except pdfium.PdfiumError as error:
            if getattr(error, "err_code", None) == _PASSWORD_ERROR:
                raise PagesError(f"{name} needs a password; save it without one and try again.") from None
            raise PagesError(f"{name} is no PDF that can be read ({error}); save it anew and try again.") from None
        try:
            return _read(document, name)
        except pdfium.PdfiumError as error:
            raise PagesError(f"{name} is damaged ({error}); save it anew and try again.") from None
        finally:
            document.close()


def _read(document: Any, name: str) -> Extracted:
    count = len(document)
    if count > MAX_SHEETS:
        raise PagesError(f"{name} has {count} sheets, a file may have {MAX_SHEETS} at most; split it.")
    sheets: list[Sheet] = []
    for number in range(1, count + 1):
        page = document[number - 1]
        try:
            sheets.append(read_sheet(page, number, name))
        finally:
            page.close()
        sign_of_progress()
    notes: list[str] = []
    if any(sheet.scanned for sheet in sheets):
        sheets, notes = _recognised(document, name, sheets)
    if not any(sheet.lines or sheet.loose for sheet in sheets):
        raise PagesError(f"{name} holds no text. {notes[0] if notes else 'A page must hold text.'}")
    return compose(sheets, notes)


def _recognised(document: Any, name: str, sheets: list[Sheet]) -> tuple[list[Sheet], list[str]]:
    """The sheets with the scanned ones read by text recognition where that is installed, and notes that say so."""
    from corpus.formats import scan

    scanned = [sheet.number for sheet in sheets if sheet.scanned]
    listed = ", ".join(map(str, scanned))
    if not scan.is_installed():
        return sheets, [f"Scanned sheets were left out ({listed}); {scan.INSTALL}."]
    if len(scanned) > MAX_SCANNED:
        raise PagesError(f"{name} has {len(scanned)} scanned sheets, a file may have {MAX_SCANNED} at most; split it.")
    out: list[Sheet] = []
    certain: list[float] = []
    for sheet in sheets:
        if sheet.scanned:
            page = document[sheet.number - 1]
            try:
                sheet, confidence = scan.recognise_sheet(page, sheet.number)
            finally:
                page.close()
            sign_of_progress()
            certain.extend(confidence)
        out.append(sheet)
    return out, [f"Scanned sheets: {listed}. {scan.note(certain)}"]
