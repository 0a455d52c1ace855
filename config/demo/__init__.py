"""A complete site of a fictional consultancy, to look at and to try things on."""
