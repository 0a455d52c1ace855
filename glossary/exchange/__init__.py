"""Taking everything out and in again without a difference.

`pages` is the format of a file, `contents` what stands in it, `going` writes and
`coming` reads; `tables` is the same as a spreadsheet, `archives` the whole site.
"""
