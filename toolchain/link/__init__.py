"""The serial link: a port in, a device that runs inferences out. docs/protocol.md has every byte."""
