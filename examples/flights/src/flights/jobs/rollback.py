"""Make the former champion champion again.

Examples:
    rollback                                   undo the last promotion
"""

from ..configurations import Settings
from ..middleware.files import exclusive
from ..middleware.logger import log
from ..middleware.tracking import Tracker


def rollback(settings: Settings) -> None:
    """Set MLflow's alias back to the version that the champion replaced."""
    tracker = Tracker(settings)
    with exclusive("evaluate", settings.outputs):
        was, now = tracker.rollback()
    log.info("version %d of %s is champion again (it was version %d)", now, tracker.name, was)
    log.info("run `predict` and `register` again, so that the table has its predictions")
