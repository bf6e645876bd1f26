"""`python -m runicd`."""

import sys

from runicd.cli import main

sys.exit(main())
