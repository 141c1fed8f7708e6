"""The bench: any one operation, described to the firmware over the link, run on a device and timed."""
