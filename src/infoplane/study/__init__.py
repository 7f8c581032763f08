"""A study of one's own, which uses the installed package: laid out and kept up by the command `infoplane`."""
