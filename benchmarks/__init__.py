"""Times of gradlab's kernels beside plain NumPy on the same numbers."""

__all__: list[str] = []
