"""make live, beside the pipeline: writes data/live.html anew whenever a run has something new, until Ctrl-C."""

import sys
import time
from pathlib import Path
from typing import Any

from infoplane.errors import UserError
from infoplane.page import live
from infoplane.planes.captions import captions
from infoplane.running.unfinished import write_atomically
from infoplane.settings import params

PAGE = Path("data/live.html")


def main() -> None:
    shown: Any = None
    PAGE.parent.mkdir(exist_ok=True)
    print(f"open file://{PAGE.resolve()}; Ctrl-C ends it, and leaves the run alone", flush=True)
    while True:
        place = live.places()[-1]
        if (now := live.state(place)) != shown:
            try:
                write(place)
                shown = now
            except (UserError, ValueError, LookupError, OSError) as error:
                # a table that is being written, or that DVC has just removed: soon there is another
                if shown is None:
                    print(f"nothing to show yet: {error}", flush=True)
                    shown = ()
        time.sleep(live.SECONDS)


def write(place: live.Place) -> None:
    """Write the page of this run as it is now."""
    chosen = params.read(place.folder / params.PARAMS)
    around = captions(chosen.title, chosen.plot.units, chosen.measured())
    write_atomically(PAGE, live.page(place, around, chosen.plot.join).encode())


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
