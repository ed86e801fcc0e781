"""``python -m verify.cli``: the console script without its installation."""

from verify.cli import main

main()
