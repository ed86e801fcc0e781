"""The theorems: one file per family, each with the same skeleton: statement, proof, list of ids."""
