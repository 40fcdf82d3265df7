"""`python -m mlkata`."""

import sys

from mlkata.cli import main

sys.exit(main())
