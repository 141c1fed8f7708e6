"""One file a subcommand, named after it: a click command `command` with its arguments; heavy imports stay inside it."""
