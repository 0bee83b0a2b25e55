"""Fails on import, as a package does whose own dependency is not installed."""

import a_dependency_that_is_not_installed


class BrokenWalk(a_dependency_that_is_not_installed.Base):
    """Never gets this far."""
