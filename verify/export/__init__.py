"""Certificates in other languages: for other provers, and for readers."""
