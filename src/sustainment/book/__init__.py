"""The runner: from chapters and data to executed notebooks, values and the site.

This is the only part of the package that knows papermill, jupytext and Jupyter Book. The analysis
never imports it. Start with `build.py`; what a book folder is stands in `chapters.py`.
"""
