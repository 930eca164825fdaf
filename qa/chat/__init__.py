"""The chat window over an archive. Gradio is imported only when one is built."""

from __future__ import annotations

from qa.chat.server import build, run, serve

__all__ = ["build", "run", "serve"]
