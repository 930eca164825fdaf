"""PDF: the text layer by position, sheet by sheet; a sheet without one is read by text recognition where installed."""

from __future__ import annotations

import threading
from typing import Any

from corpus.errors import PagesError
from corpus.formats.paragraphs import compose
from corpus.formats.pdf_sheet import read_sheet
from corpus.formats.printed import Sheet
from corpus.records import Extracted

MAX_SHEETS = 400
_PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD

# pdfium must not be called by two threads at once.
_LOCK = threading.Lock()


def read(data: bytes, name: str) -> Extracted:
    """The text of a PDF in reading order; regions are in points.

    :raises PagesError: if the file is damaged, needs a password, holds no text or too much of it, or holds scanned
        sheets alone and text recognition is not installed.
    """
    import pypdfium2 as pdfium

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
    scanned: list[int] = []
    for number in range(1, count + 1):
        page = document[number - 1]
        try:
            sheet = read_sheet(page, number, name)
            if sheet.lines or sheet.loose:
                sheets.append(sheet)
            elif sheet.pictures:
                scanned.append(number)
                sheets.append(sheet)
        finally:
            page.close()
    notes: list[str] = []
    if scanned:
        sheets, notes = _recognised(document, name, sheets, scanned)
    if not any(sheet.lines or sheet.loose for sheet in sheets):
        raise PagesError(f"{name} holds no text; a page must hold text.")
    return compose(sheets, notes)


def _recognised(document: Any, name: str, sheets: list[Sheet], scanned: list[int]) -> tuple[list[Sheet], list[str]]:
    """The sheets with the scanned ones read by text recognition, and notes that say so."""
    from corpus.formats import scan

    listed = ", ".join(map(str, scanned))
    if not scan.is_installed():
        if len(scanned) == len(sheets):
            raise PagesError(f"{name} holds pictures of pages and no text; {scan.INSTALL}.")
        kept = [sheet for sheet in sheets if sheet.number not in scanned]
        return kept, [f"Scanned sheets without text were left out ({listed}); {scan.INSTALL}."]
    out: list[Sheet] = []
    certain: list[float] = []
    for sheet in sheets:
        if sheet.number in scanned:
            page = document[sheet.number - 1]
            try:
                sheet, confidence = scan.recognise_sheet(page, sheet.number)
            finally:
                page.close()
            certain.extend(confidence)
        out.append(sheet)
    note = scan.note(certain)
    return out, [f"Scanned sheets: {listed}. {note}"]
