"""Random numbers: words from counters, laws as tables of quantiles, directions, and how far the drawn law is off."""
