"""Endpoints that cost money while they exist: each has a deadline, a price, and a watcher."""
