"""Estimators on the tasks that others publish: estimates, kept as they come, and pages beside the published figures."""
