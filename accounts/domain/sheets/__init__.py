"""Spreadsheets as people send them: read and guarded, their columns named, every row judged.

`reading` turns bytes into a Sheet, `columns` says what each column means, `judging` what each row would do.
"""
