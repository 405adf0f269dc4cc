"""Whether a model works with Burnish, found out by trying: `burnish check`."""
