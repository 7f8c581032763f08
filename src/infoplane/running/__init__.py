"""What surrounds a stage: unfinished work, journal, fingerprint, interrupts, limits, devices."""
