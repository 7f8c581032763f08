"""Tables to pages: the planes in HTML, the page of `dvc plots`, the reports in Markdown."""
