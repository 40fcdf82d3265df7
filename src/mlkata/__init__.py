"""mlkata: one form for a team's machine-learning repositories, and a way to keep them in it."""
