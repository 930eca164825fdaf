"""Stable ids: made of what is printed, so that they survive re-indexing."""

from __future__ import annotations

import hashlib


def article_id(source: str, text: str) -> str:
    """The first 12 hexadecimal digits of the SHA-256 of the source's name and the article's text."""
    # A folder's name may hold bytes that are no UTF-8, and a damaged PDF's text halves of surrogate pairs.
    return hashlib.sha256(f"{source}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()[:12]
