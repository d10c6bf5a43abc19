"""The sections of the page, one file each: `section(subject)` gives a `Section`, or None.

A section that has nothing to show for this subject gives None and leaves no gap. A new one is a new
file here and one line in `page.SECTIONS`.
"""
