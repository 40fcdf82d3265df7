"""How good a model is: metrics, their uncertainty, and the report that people read."""
