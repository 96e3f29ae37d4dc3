"""The built-in benchmark's programs: small, of this project's own making, correct as they stand.

One program per file, read as text and never imported. A file holds, in this order:

* a docstring, the contract: what the entry function takes and returns, edge cases included;
* the program, with no import but the standard library's and no input or output;
* `ENTRY = "name"`, the function that the cases call; the program ends where this line begins;
* `SHOWN` and `HELD_BACK`, lists of `(arguments, expected)`, literals throughout: the arguments are
  a tuple, and no two cases of a file have equal ones. An agent may see the shown cases; those held
  back only grade.

The shown cases sit on both sides of every limit, so that nearly every change of one token fails one
of them and passes others.
"""
