"""Read the data, check it, and split it into train and test.

Examples:
    retrieve                                   the data set that hydra/default.yaml names
    retrieve data=mine                         the one in hydra/data/mine.yaml
    retrieve data.split.test_size=0.3          another split
"""

from ..configurations import Settings
from ..middleware.files import exclusive
from ..middleware.logger import log
from ..repository.data_manager import DataManager


def retrieve(settings: Settings) -> None:
    """Write data/<name>/train.parquet and test.parquet."""
    manager = DataManager(settings)
    with exclusive(f"retrieve-{settings.data.name}", settings.outputs):
        log.info("reading %s %s", settings.data.source.kind, settings.data.source.uri)
        parts = manager.split(manager.read_source())
        manager.save(parts)
    sizes = " and ".join(f"{len(part):,} rows to {name}" for name, part in parts.items())
    log.info("kept %s in %s/", sizes, manager.folder)
