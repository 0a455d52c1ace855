"""How long a new term takes until all the texts that use it already lead to it."""

from tests.bench.sites import Site, inside


def report(sites: list[Site], *, count: int) -> None:
    """Print what publishing a term costs that `count` texts use, in each database's largest site.

    One process does what a worker does; the site is as before afterwards.
    """
    largest = {site.database: site for site in sorted(sites, key=lambda site: site.size)}
    print(f"\nmentions     {'entries':>10}   texts   publishing: ms   all right: s", end="")
    print("   CPU of a text: ms")
    for database, site in largest.items():
        found = inside(site.values, "tests.bench_mentions", str(count))
        print(f"{database:13}{site.size:>10,}{found['texts']:>8,}", end="")
        print(f"{found['publish_ms']:>17.0f}{found['all_s']:>15.1f}", end="")
        print(f"{found['cpu_s'] / max(1, found['texts']) * 1000:>20.2f}", flush=True)
