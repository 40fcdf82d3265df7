"""Run the package's command as `python -m`."""

from .main import main

raise SystemExit(main())
