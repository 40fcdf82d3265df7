"""Bring an existing repository under a template: which base it has, and which answers it already gives."""
