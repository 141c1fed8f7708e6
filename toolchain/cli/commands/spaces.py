"""`mcunas spaces`: the registered search spaces."""

from __future__ import annotations

from math import prod

import click


@click.command()
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """List the search spaces, or show the decisions of the space NAME.

    \b
    Example:
      mcunas spaces mobilenet
    """
    from search.spaces import load_space, space_names
    from toolchain.text import print_table, summary

    if name is None:
        rows = []
        for each in space_names():
            space = load_space(each)
            at_most = prod(len(gene.choices) for gene in space.genes)
            rows.append((each, len(space.genes), f"{at_most:.0e}", summary(space)))
        print_table(("space", "decisions", "at most", "what it is"), rows)
        return
    space = load_space(name)
    click.echo(f"{(space.__doc__ or '').strip()}\n")
    print_table(("decision", "choices"), [(gene.name, ", ".join(map(str, gene.choices))) for gene in space.genes])
