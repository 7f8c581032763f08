"""A study of one's own: a repository that uses the installed package, laid out and kept up by the command `infoplane`."""
