"""`python -m toolchain.cli` is `mcunas`."""

import sys

from toolchain.cli import main

sys.exit(main())
