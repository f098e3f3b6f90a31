"""The page: one file a tab, over the package's public calls."""
