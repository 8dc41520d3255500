"""Small approximate multipliers in Verilog, written out as evolved circuits are published."""

from itertools import product

import numpy as np

from hwgen.number import Codes

HEADER = """\
// {name}: unsigned {width} x {width}
/// MAE = 0.0 %
`timescale 1ns / 1ps
module {name} (
    A,
    B,
    O
);
input [{top}:0] A;
input [{top}:0] B;
output [{last}:0] O;
"""


def header(name: str, width: int) -> str:
    return HEADER.format(name=name, width=width, top=width - 1, last=2 * width - 1)


def truncated_product(a: Codes, b: Codes, width: int, cut: int) -> Codes:
    """The sum of the partial products ``a[i] b[j]`` with ``i + j >= cut``."""
    return sum((((a >> i) & (b >> j) & 1) << (i + j)
                for i, j in product(range(width), repeat=2) if i + j >= cut),
               np.zeros(np.broadcast(a, b).shape, np.int64))


def truncated(name: str, width: int, cut: int) -> str:
    """:func:`truncated_product` by columns of full and half adders, each gate an assignment."""
    lines, columns = [], [[] for _ in range(2 * width + 1)]  # type: ignore[var-annotated]

    def gate(expression: str) -> str:
        lines.append(f"wire sig_{len(lines)}; assign sig_{len(lines)} = {expression};")
        return f"sig_{len(lines) - 1}"

    for i, j in product(range(width), repeat=2):
        if i + j >= cut:
            columns[i + j].append(gate(f"A[{i}] & B[{j}]"))
    outputs = []
    for weight in range(2 * width):
        column = columns[weight]
        while len(column) > 1:
            x, y = column.pop(0), column.pop(0)
            z = column.pop(0) if column else "1'b0"
            half = gate(f"{x} ^ {y}")
            column.append(gate(f"{half} ^ {z}"))
            columns[weight + 1].append(gate(f"({x} & {y}) | ({half} & {z})"))
        outputs.append(f"assign O[{weight}] = {column[0] if column else 0};")
    return header(name, width) + "\n".join([*lines, *outputs]) + "\nendmodule\n"


def without_carries(a: Codes, b: Codes, width: int = 4) -> Codes:
    """The product in GF(2)[x], where no column carries into the next."""
    terms = [((b >> j) & 1) * (a << j) for j in range(width)]
    return np.bitwise_xor.reduce(np.stack(np.broadcast_arrays(*terms)), axis=0)


def gate_primitives(name: str) -> str:
    """:func:`without_carries` of 4 x 4 bits, by gates of Verilog's own."""
    lines = [f"wire p{i}{j}; and g{i}{j} (p{i}{j}, A[{i}], B[{j}]);"
             for i, j in product(range(4), repeat=2)]
    for weight in range(8):
        column = [f"p{i}{weight - i}" for i in range(4) if 0 <= weight - i < 4]
        lines.append(f"xor (O[{weight}], {', '.join(column)});" if len(column) > 1 else
                     f"buf (O[{weight}], {column[0] if column else '1' + chr(39) + 'b0'});")
    return header(name, 4) + "\n".join(lines) + "\nendmodule\n"


ADDERS = """\
module PDKGENFAX1 ( input A, B, C, output YS, YC );
    assign YS = (A ^ B) ^ C;
    assign YC = (A & B) | (B & C) | (A & C);
endmodule
module {name} ( input [2:0] A, B, output [5:0] O );
    wire [8:0] p = {{ {{3{{A[2]}}}} & B, {{3{{A[1]}}}} & B, {{3{{A[0]}}}} & B }};
    wire [4:0] s, c;
    PDKGENFAX1 a0 (.A(p[1]), .B(p[3]), .C(1'b0), .YS(s[0]), .YC(c[0]));
    PDKGENFAX1 a1 (.A(p[2]), .B(p[4]), .C(p[6]), .YS(s[1]), .YC(c[1]));
    PDKGENFAX1 a2 (p[5], p[7], c[1], s[2], c[2]);
    PDKGENFAX1 a3 (s[1], c[0], 1'b0, s[3], c[3]);
    PDKGENFAX1 a4 (s[2], c[3], 1'b0, s[4], c[4]);
    assign O = {{ 1'b0, p[8] ^ c[2] ^ c[4], s[4], s[3], s[0], p[0] }};
endmodule
"""
"""A 3 x 3 multiplier of full adders without the last carry."""


def without_last_carry(a: Codes, b: Codes) -> Codes:
    return (a * b) & 31
