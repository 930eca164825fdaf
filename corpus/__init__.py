"""Newspaper pages → articles and paragraphs, each with the exact characters it was printed as."""

from corpus.files import read_pages, sample_pages
from corpus.records import Article, Corpus, Page, Passage

__all__ = ["Article", "Corpus", "Page", "Passage", "read_pages", "sample_pages"]
