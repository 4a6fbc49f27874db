"""Opening what admins edit: nothing outside its folder is read by way of a link, and no pipe is waited for."""

import os
import stat
from pathlib import Path
from typing import BinaryIO


def opened(path: Path, home: Path) -> BinaryIO | str:
    """The file, open for reading and to be closed, or why it is not read."""
    try:
        inside = os.path.realpath(home)
        if os.path.commonpath((inside, os.path.realpath(path))) != inside:
            return f"is a link to a file outside the {home.name} folder; copy the file"
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe would be waited for
    except FileNotFoundError:
        return "is no file"
    except (OSError, ValueError) as error:
        return f"cannot be read: {error.strerror if isinstance(error, OSError) else error}"
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        return "is no file"
    return open(file, "rb")
