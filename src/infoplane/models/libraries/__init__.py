"""Networks of other libraries by their names there, `library:name` in params.yaml: one file a library.

A file has a function `network`, whose keyword arguments are the section `models.<library>`:

    def network(name, input_shape, classes, inputs, *, weights=None, ...) -> Network

It gets what follows the colon, the shape of one x, the number of classes and the folder of the user's files, and
returns a network whose `layers` are its stages. What it has to say of how it was built, such as that its head is new,
stands in the network's attribute `remarks`. The library itself is imported when a network is built.
"""
