"""MLflow: runs, models and their aliases. The only module that imports it."""

import os
from contextlib import suppress
from pathlib import Path
from time import time
from typing import Any

from ..configurations import Settings
from ..models import model_class
from ..models.base_model import BaseModel, ModelSettings
from ..repository.data_settings import DataSettings, learnt
from ..repository.sources import connect
from .errors import UserError, did_you_mean
from .lineage import Lineage

CHAMPION = "champion"
FORMER = "former_champion"  # tag of a version: whom it replaced
QUIET = {  # before the import: MLflow reads some of these only once
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "CRITICAL",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}


class Tracker:
    """A connection to where runs and models are kept: a SQLite file in `outputs/`, or a server by its URI."""

    def __init__(self, settings: Settings) -> None:
        self.name = settings.tracking.registered_model
        self.uri = settings.tracking.uri or f"sqlite:///{settings.outputs.resolve()}/mlflow.db"
        self.artifacts = settings.outputs.resolve() / "mlartifacts"
        for key, value in QUIET.items():
            os.environ.setdefault(key, value)
        # Before MLflow: skops looks its names up in all modules there are, and would wake MLflow's lazy ones.
        import skops.io  # noqa: F401, I001
        import mlflow
        from filelock import FileLock
        from sqlalchemy.exc import SQLAlchemyError

        self.mlflow = mlflow
        self.error = mlflow.MlflowException
        self._check_reachable()
        settings.outputs.mkdir(parents=True, exist_ok=True)
        try:
            mlflow.set_tracking_uri(self.uri)
            # A fresh database is migrated by its first user; a second one at the same moment would crash.
            with FileLock(settings.outputs / ".mlflow.lock"):
                self.client = mlflow.MlflowClient()
                own = None if settings.tracking.uri else self.artifacts.as_uri()
                self._set_experiment(settings.tracking.experiment, own)
        except (self.error, SQLAlchemyError) as error:
            reason = str(error).strip().splitlines()[0]
            raise UserError(f"tracking.uri: {self.uri}: {reason}") from error

    def _check_reachable(self) -> None:
        """Fail within seconds, in plain words, where no server answers: MLflow would try for minutes."""
        from mlflow.utils.credentials import get_default_host_creds
        from mlflow.utils.rest_utils import http_request

        if self.uri.startswith(("postgresql", "mysql")):
            with connect(self.uri, "tracking.uri"):
                return
        if self.uri.startswith(("http://", "https://")):
            server: Any = get_default_host_creds(self.uri)  # type: ignore[no-untyped-call]
            once: Any = {"max_retries": 0, "timeout": 10, "raise_on_status": False}
            try:
                http_request(server, "/health", "GET", **once)  # type: ignore[no-untyped-call]
            except self.error as error:
                raise UserError(f"tracking.uri: no MLflow server answers at {self.uri} ({error})") from error

    def _set_experiment(self, name: str, artifacts: str | None) -> None:
        found = self.client.get_experiment_by_name(name)
        if found and artifacts and found.artifact_location != artifacts:
            # The project was moved: what comes now belongs here, not where it was.
            self.client.rename_experiment(found.experiment_id, f"{name}, {time()}")
            found = None
        if found is None:
            self.client.create_experiment(name, artifact_location=artifacts)
        self.mlflow.set_experiment(name)

    def _here(self, uri: str) -> str:
        """Return an artifact's address, also after the project was moved: MLflow keeps absolute paths."""
        _, marker, rest = uri.partition("/mlartifacts/")
        return (self.artifacts / rest).as_uri() if marker and uri.startswith("file:") else uri

    def runs(self, condition: str) -> list[Any]:
        """Return the experiment's runs for which a condition holds, in MLflow's own words."""
        return list(self.mlflow.search_runs(filter_string=condition, output_format="list"))

    def save_model(self, model: BaseModel, lineage: Lineage) -> int:
        """Store the model in the open run, in the skops format, and return its version."""
        from mlflow import sklearn

        stored = sklearn.log_model(
            model.pipeline,
            name="model",
            serialization_format="skops",
            skops_trusted_types=model.trusted(),
            pip_requirements=["-r requirements.txt"] if Path("requirements.txt").exists() else [],
        )
        tags = {"lineage": lineage.key, "model": model.settings.name, "data": model.data.name}
        with suppress(self.error):  # it is there already
            self.client.create_registered_model(self.name)
        version = self.client.create_model_version(
            self.name, stored.model_uri, run_id=stored.run_id, tags=tags, model_id=stored.model_id
        )
        return int(version.version)

    def version(self, reference: str | int) -> Any:
        """Return the model version that an alias (`champion`) or a number refers to.

        Raises:
            UserError: there is none.
        """
        number = str(reference).isdigit()
        find = self.client.get_model_version if number else self.client.get_model_version_by_alias
        try:
            return find(self.name, str(reference))
        except self.error as error:
            advice = f"run `train`, then `evaluate`, which makes a model that is good enough {CHAMPION!r}"
            with suppress(self.error):  # there is no such model
                if (aliases := self.client.get_registered_model(self.name).aliases) and not number:
                    advice = did_you_mean(str(reference), aliases)
            what = f"version {reference}" if number else repr(reference)
            raise UserError(f"model {self.name!r} has no {what} yet: {advice}") from error

    def record(self, run: str) -> Lineage:
        """Return the lineage of a run, given its id or the version of the model that it registered.

        Raises:
            UserError: there is no such run, or it has none.
        """
        run_id = self.version(run).run_id if run.isdigit() else run
        try:
            uri = self._here(self.client.get_run(run_id).info.artifact_uri)
            return Lineage.model_validate(self.mlflow.artifacts.load_dict(f"{uri}/lineage.json"))
        except (self.error, OSError, ValueError) as error:
            raise UserError(f"there is no run {run!r} with a lineage record in {self.uri}") from error

    def note(self, run_id: str, gate: str, metrics: dict[str, float], file: Path) -> None:
        """Add to a run that is over, of whichever experiment, and wherever the project was then."""
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        self.client.set_tag(run_id, "gate", gate)
        self.mlflow.log_metrics(metrics, run_id=run_id)
        uri = self._here(self.client.get_run(run_id).info.artifact_uri)
        get_artifact_repository(uri).log_artifact(str(file))  # type: ignore[no-untyped-call]

    def champion(self) -> Any | None:
        """Return the champion's model version, or None while there is none."""
        with suppress(UserError):
            return self.version(CHAMPION)
        return None

    def load_model(self, version: Any, data: DataSettings) -> BaseModel:
        """Return a version's model. Nothing in its file is executed, whatever the file itself asks for.

        MLflow's own loader trusts the types that the stored model lists; ours only those that the code lists.
        """
        if "model" not in version.tags:
            raise UserError(f"version {version.version} of {self.name!r} was not registered by `train`")
        settings = ModelSettings(name=version.tags["model"])
        uri = self._here(self.client.get_model_version_download_uri(self.name, str(version.version)))
        try:
            folder = Path(self.mlflow.artifacts.download_artifacts(uri))
        except (self.error, OSError) as error:
            lost = f"the files of version {version.version} of {self.name!r} are not at {uri}"
            raise UserError(f"{lost}: train again, or name another version") from error
        was, now = learnt(self.record(version.run_id).data()), learnt(data.model_dump())
        if differ := sorted(name for name in {*was, *now} if was.get(name) != now.get(name)):
            raise UserError(
                f"version {version.version} was trained on other columns or types than {data.name!r} has:"
                f" {', '.join(differ)}. Train again."
            )
        return model_class(settings.name)(data, settings, seed=0).load(folder / "model.skops")

    def promote(self, version: Any) -> None:
        """Make a version the champion, and note whom it replaces."""
        former = self.champion()
        if former is not None and former.version != version.version:
            self.client.set_model_version_tag(self.name, version.version, FORMER, str(former.version))
        self.client.set_registered_model_alias(self.name, CHAMPION, version.version)
