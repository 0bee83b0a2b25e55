"""Fixtures for every room."""

pytest_plugins = ["model_server"]
