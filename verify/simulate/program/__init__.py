"""One definition of a method, recorded as a straight-line program and written out as the source of a loop."""
