"""Datasets: what each app lets be read and written in bulk, and how others reach it.

An app declares its own at start, in its module `datasets`, by what it says of itself and by four
functions:

    register(FLAGS, read=rows.read, find=rows.find, write=write, remove=remove)

`read` gives a page of rows that whoever acts may see, and `find` those with given keys. `write`
makes rows or changes them and `remove` takes them away, both through the app's own services, as if
a person had done it; one row that is refused does not keep the others.

All else is done here, alike for all of them: what a batch does to rows that are there or not
(`applying`), batches that are applied once however often they are told, and can be undone
(`services`), the endpoint (`views`) and who asks it (`client`).
"""
