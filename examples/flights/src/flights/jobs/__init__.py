"""One module a job, each with one public function of the settings."""
