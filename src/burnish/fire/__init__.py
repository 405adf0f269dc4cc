"""FIRE's texts and files, as data: nothing here asks a model or opens a run."""
