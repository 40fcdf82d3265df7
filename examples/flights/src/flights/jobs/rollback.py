"""Make the former champion champion again.

Examples:
    rollback                                   undo the last promotion
"""

from ..configurations import Settings
from ..middleware.errors import UserError
from ..middleware.files import exclusive
from ..middleware.logger import log
from ..middleware.tracking import CHAMPION, FORMER, Tracker


def rollback(settings: Settings) -> None:
    """Set MLflow's alias back to the version that the champion replaced.

    Raises:
        UserError: there is no champion, or it replaced no other.
    """
    tracker = Tracker(settings)
    with exclusive("evaluate", settings.outputs):
        current = tracker.version(CHAMPION)
        former = current.tags.get(FORMER)
        if former is None:
            raise UserError(f"model {tracker.name!r} version {current.version} replaced no other")
        tracker.client.set_registered_model_alias(tracker.name, CHAMPION, former)
        tracker.client.delete_model_version_tag(tracker.name, current.version, FORMER)  # used up
    log.info("version %s of %s is champion again (it was version %s)", former, tracker.name, current.version)
    log.info("run `predict` and `register` again, so that the table has its predictions")
