"""The frame of a run: stages, the ask/tell loop, tuning at the borders, budgets and what is written.

``seig_search.search.session`` is the way in.
"""
