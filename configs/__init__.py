"""Presets as YAML: draft (minutes on a laptop), balanced, best. ``seig_search.config`` reads and checks them."""
