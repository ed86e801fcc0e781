"""Tables of certified bounds for a paper: the record of ``verify table``, its formats, and its check.

What is printed is a function of the record alone: the same record, the same bytes.  A printed bound is the certified
upper bound rounded up to so many significant digits, by exact decimal arithmetic.  ``check`` is what stands between a
record and a reader.
"""
