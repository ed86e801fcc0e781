"""What a run of ``bound-check`` found: one record (``record``), shown as text (``text``) or as a page (``page``)."""
