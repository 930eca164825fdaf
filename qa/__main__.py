"""`python -m qa`: the same as `baowen`."""

import sys

from qa.cli import main

sys.exit(main())
