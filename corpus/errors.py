"""The errors that Baowen raises on purpose. Each message names what was given, what was expected and what to do next.

BaowenError
├── InputError            what the user gave cannot be used (exit status 2)
│   ├── PagesError        a folder or file of pages that is missing or holds nothing readable
│   │   └── PlaceError    a file that is not read for its name, place, size or rights, whatever its bytes are
│   ├── QuestionError     an empty or over-long question
│   └── QuestionSetError  a question file that cannot be read
├── ModelError            a model that cannot be loaded, or that is not the one the index was built with
├── StorageError          an index that cannot be written, or that is damaged
└── EvaluationError       a result that contradicts the page it cites, or a figure that was not measured
"""

from __future__ import annotations


class BaowenError(Exception):
    """Base of everything raised on purpose; its text is one sentence for the user."""


class InputError(BaowenError):
    """What the user gave cannot be used."""


class PagesError(InputError):
    """A folder or file of pages is missing, or holds nothing that can be read."""


class PlaceError(PagesError):
    """A file is not read, whatever bytes it holds: for its name, its place, its size or its rights."""


class QuestionError(InputError):
    """The question is empty or too long."""


class QuestionSetError(InputError):
    """A file of questions cannot be read."""


class ModelError(BaowenError):
    """A model cannot be loaded, or differs from the one the index was built with."""


class StorageError(BaowenError):
    """An index cannot be written or is damaged."""


class EvaluationError(BaowenError):
    """A result contradicts the page it cites, or a figure was not measured."""
