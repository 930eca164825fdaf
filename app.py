"""Start the chat window: `python app.py [PAGES]`, the same as `baowen chat [PAGES]`."""

import sys

from qa.cli import main

if __name__ == "__main__":
    sys.exit(main(["chat", *sys.argv[1:]]))
