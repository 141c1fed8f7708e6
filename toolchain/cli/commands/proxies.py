"""`mcunas proxies`: the registered zero-cost proxies."""

from __future__ import annotations

import click


@click.command()
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """List the zero-cost proxies, or show the formula and source of the proxy NAME.

    \b
    Example:
      mcunas proxies synflow
    """
    from inspect import getdoc

    from search.proxies import get_proxy, proxy_names
    from toolchain.text import print_table

    if name is None:
        proxies = [get_proxy(each) for each in proxy_names()]
        rows = [(proxy.name, proxy.direction, ", ".join(proxy.needs), proxy.summary) for proxy in proxies]
        print_table(("proxy", "better", "works on", "what it is"), rows)
        return
    proxy = get_proxy(name)
    click.echo(f"{getdoc(proxy.score)}\n")
    click.echo(f"Works on: {', '.join(proxy.needs)}. Better: {proxy.direction}.")
