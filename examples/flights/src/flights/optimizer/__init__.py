"""The search for better parameters: search spaces, and the loop over trials."""
