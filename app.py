"""Start the chat window: `python app.py [PAGES]`, the same as `baowen chat [PAGES]`."""

from __future__ import annotations

import argparse
import sys

from corpus.errors import BaowenError
from qa.chat import run


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted. 0 then; 2 with one line on standard error where it cannot start."""
    parser = argparse.ArgumentParser(
        prog="app.py",
        description="Ask questions of newspaper pages in the browser.",
        epilog="example: python app.py ~/papers --port 7861",
    )
    parser.add_argument("pages", nargs="?", metavar="PAGES", help="a folder or file of pages (default: the samples)")
    parser.add_argument("--model", help="an embedding model: a local folder or a hub id (default: the one included)")
    parser.add_argument("--host", default="127.0.0.1", help="the address to serve at (default: %(default)s)")
    parser.add_argument("--port", type=int, default=7860, help="the first port to try (default: %(default)s)")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    given = parser.parse_args(arguments)
    try:
        run(given.pages, model=given.model, host=given.host, port=given.port, open_browser=given.open)
    except (BaowenError, OSError) as error:
        print(f"app.py: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
