"""Synthetic worlds with known truth: a small sample world and a fast maker of bulk movements.

Everything here is invented. Results on these data say nothing about how many real cases would be found.
"""

from __future__ import annotations
