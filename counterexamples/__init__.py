"""What attacks the claims: problems with known minimisers and noise laws with exact moments.

Everything here is a frozen record plus pure functions; exact moments are Arb balls
(python-flint).  Nothing here knows how an instance is simulated or judged.
"""
