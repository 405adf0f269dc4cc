"""Burnish makes a vision-language model better from data that nobody labels."""

from burnish.vision_operators import watch

__version__ = "0.1.0"

watch()
