"""The lattices of the compliance suite, and a walk over one: a new lattice joins by a line in both lists."""

import itertools

from murk_env.lattice import Fcc12, Hex2D, Line1D, Product, Ring1D, Square4, Square8

EDGES = ("absorb", "clamp", "wrap")
LENGTHS = (1, 2, 3, 6, 7)
SIDES = ((1, 1), (1, 2), (2, 1), (1, 5), (2, 2), (2, 3), (3, 3), (4, 5), (5, 4))
SQUARE8_SIDES = ((1, 1), (1, 2), (5, 1), (2, 2), (3, 3), (4, 5))
HEX_SIDES = ((1, 1), (1, 2), (2, 1), (1, 5), (2, 2), (2, 5), (3, 3), (5, 4), (7, 2))
FCC_SIDES = ((1, 1, 1), (1, 2, 2), (4, 1, 3), (2, 2, 2), (3, 3, 3), (5, 3, 4), (2, 3, 6), (4, 4, 4))
EVEN_FCC_SIDES = ((2, 2, 2), (2, 4, 6), (4, 4, 4))

LATTICES = [
    *(Line1D(length, edge) for length, edge in itertools.product(LENGTHS, EDGES)),
    *(Ring1D(length) for length in LENGTHS),
    *(Square4(rows, cols, edge) for (rows, cols), edge in itertools.product(SIDES, EDGES)),
    *(Square8(rows, cols, edge) for (rows, cols), edge in itertools.product(SQUARE8_SIDES, EDGES)),
    *(Hex2D(cols, rows, edge) for (cols, rows), edge in itertools.product(HEX_SIDES, ("absorb", "wrap"))),
    *(Fcc12(*sides, edge=edge) for sides, edge in itertools.product(FCC_SIDES, ("absorb", "clamp"))),
    *(Fcc12(*sides, edge="wrap") for sides in EVEN_FCC_SIDES),
    Product(Line1D(1)),
    Product(Ring1D(2), Line1D(2)),
    Product(Ring1D(4), Line1D(3, "clamp")),
    Product(Hex2D(4, 3), Line1D(3)),
    Product(Fcc12(3, 2, 2), Square8(2, 3, "wrap")),
    Product(Product(Line1D(2), Hex2D(3, 2, "wrap")), Product(Ring1D(3))),
]

REPRESENTATIVES = [  # of each class the smallest and odd ones, every edge among them
    Line1D(1),
    Line1D(7, "clamp"),
    Line1D(2, "wrap"),
    Ring1D(1),
    Ring1D(6),
    Square4(1, 5),
    Square4(4, 5, "clamp"),
    Square4(2, 3, "wrap"),
    Square8(2, 2),
    Square8(5, 1, "clamp"),
    Square8(4, 5, "wrap"),
    Hex2D(5, 4),
    Hex2D(1, 2, "wrap"),
    Hex2D(2, 5, "wrap"),
    Fcc12(4, 1, 3),
    Fcc12(2, 3, 6, "clamp"),
    Fcc12(2, 4, 6, "wrap"),
    Product(Ring1D(4), Line1D(3, "clamp")),
    Product(Product(Line1D(2), Hex2D(3, 2, "wrap")), Product(Ring1D(3))),
]


def breadth_first(lattice, origin):
    """Hops from a cell to every other, found by walking the table of neighbours."""
    hops = {origin: 0}
    queue = [origin]
    for cell in queue:
        for neighbour in lattice.neighbours[cell].tolist():
            if neighbour >= 0 and neighbour not in hops:
                hops[neighbour] = hops[cell] + 1
                queue.append(neighbour)
    return [hops[cell] for cell in range(lattice.num_cells)]
