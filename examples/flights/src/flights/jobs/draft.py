"""Draft the YAML of a new data set from the data itself; then read it, correct it, and retrieve.

Examples:
    draft data/houses.csv draft.target=price           writes hydra/data/houses.yaml
    draft s3://bucket/x.parquet draft.name=houses      Parquet, any fsspec address
    draft postgresql://host/db draft.query="SELECT …"  a database
"""

import re
from pathlib import Path

from ..configurations import Settings, Source
from ..middleware.errors import UserError
from ..middleware.files import atomic
from ..middleware.logger import log
from ..repository.data_manager import read
from ..repository.draft import describe


def draft(settings: Settings) -> None:
    """Write hydra/data/<name>.yaml; an existing file is never overwritten."""
    uri, query = settings.draft.source, settings.draft.query
    if not uri:
        raise UserError("say what to look at: `draft data/houses.csv draft.target=price`")
    ending = Path(uri.split("?")[0].removesuffix(".zip").removesuffix(".gz")).suffix.lower()
    kinds = {".csv": "csv", ".parquet": "parquet"}
    kind = kinds.get(ending, "sql" if query else "")
    if not kind:
        raise UserError(f"{uri} is neither .csv nor .parquet; for a database, give draft.query")
    name = settings.draft.name or re.sub(r"\W+", "_", Path(uri).name.split(".")[0]).strip("_").lower()
    target = Path("hydra/data") / f"{name}.yaml"
    if target.exists():
        raise UserError(f"{target} is there already: choose another name (draft.name=…), or remove it first")
    source = Source.model_validate({"kind": kind, "uri": uri, "query": query})
    text = describe(read(source), name, source, settings.draft.target)
    with atomic(target) as path:
        path.write_text(text, encoding="utf-8")
    log.info("wrote %s: read it, correct it, then run `retrieve data=%s`", target, name)
