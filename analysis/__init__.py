"""The analyses behind the paper: `data_<name>` computes, `fig_<name>` draws.

Run what is stale with ``python analysis/build.py``, one figure and what it needs with
``--only NAME``.  A single script runs from the root as ``python -m analysis.fig_NAME``.
"""
