"""Burnish makes a vision-language model better from data that nobody labels."""

__version__ = "0.1.0"
