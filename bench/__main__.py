"""``python -m bench [PART] …``: the figures of docs/benchmarks.md, those of all parts without one."""

import sys

from bench import (
    bulk,
    colleagues,
    importing,
    large,
    listing,
    load,
    stores,
    tabs,
    upgrading,
)

PARTS = {
    "bulk": bulk.main,
    "colleagues": colleagues.main,
    "import": importing.main,
    "list": listing.main,
    "large": large.main,
    "load": load.main,
    "stores": stores.main,
    "tabs": tabs.main,
    "upgrade": upgrading.main,
}


def main() -> None:
    wanted = sys.argv[1:] or [name for name in PARTS if name != "large"]
    for name in wanted:
        if name not in PARTS:
            sys.exit(f"There is no benchmark {name}; there are: {', '.join(PARTS)}.")
        PARTS[name]()


if __name__ == "__main__":
    main()
