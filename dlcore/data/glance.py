"""A look at pictures that wait to become a data set."""

from collections.abc import Iterator

from dlcore.data.collecting import Uploaded
from dlcore.data.pictures import crop_square, read_picture
from dlcore.data.zips import look_into, open_zip, read_member
from dlcore.errors import DataError

SIDE = 48  # pixels of a thumbnail


class Glance(Uploaded):
    """The Job that looks at each picture of the zip at "path", which it takes away.

    Its result is {"pictures": [uint8 (48, 48, 3), None for one that cannot be read], "refused": [(number,
    template, values) of those]}.
    """

    def _run(self, content: bytes) -> Iterator[None]:
        result = {"pictures": [], "refused": []}
        with open_zip(content) as opened:
            members = look_into(opened).pictures
            for done, (_folders, _path, member) in enumerate(members, start=1):
                try:
                    picture = crop_square(read_picture(read_member(opened, member)), SIDE)
                except DataError as error:
                    picture = None
                    result["refused"].append((done - 1, error.template, error.values))
                result["pictures"].append(picture)
                self.progress = done / len(members)
                yield
        self.result = result
