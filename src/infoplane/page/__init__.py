"""Tables to pages: the planes in HTML, the templates and the page of `dvc plots`, the reports in Markdown."""
