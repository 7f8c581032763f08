"""From activations to tables, and what every drawing of a table agrees on: rules, appearance and words."""
