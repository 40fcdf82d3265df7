"""Many repositories at once: who they are, what is done to each, who hears of it."""
