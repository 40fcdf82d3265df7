"""The package behind the command `flights`."""
