"""The repository layer: all data I/O, and what valid data is."""
