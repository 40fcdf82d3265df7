"""What every job needs and none is about: errors, logging, files, tracking and lineage."""
