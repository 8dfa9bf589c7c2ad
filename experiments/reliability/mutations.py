"""Ways of spoiling a file, drawn by hypothesis: from single bytes to lines, fields and whole files."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

# What has broken somebody's reader somewhere: numbers, paths, separators, encodings, programs.
TOKENS = (
    b"", b"nan", b"inf", b"-1", b"-0.0", b"1e400", b"1e-400", b"9" * 30, b"9" * 5000, b"0x1f", b"1_0", b"1,5", b"True",
    b"None", b"5.0000001", b"../../../etc/passwd", b"/etc/passwd", b"C:\\x.jpg", b"..\\x.jpg", b"\x00", b'"', b'""',
    b"'", b",", b",,,,,,,", b";", b"\t", b" ", b"\r", b"\n", b"\r\n\r\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\xc3",
    b"\x85", "é\u0301\u2028\u00a0".encode(), "名前".encode(), b"=1+1", b"#", b"a" * 3000,
    b"__import__('os').system('false')", b"cos\nsystem\n(S'false'\ntR.",
    b"\x80\x04\x95", b"PK\x03\x04", b"\xff\xd8\xff\xe0", b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\xff\xff\xff\xff\x7f", b'{"__metadata__":{}}',
)  # fmt: skip
KINDS = ("insert", "replace", "delete", "flip", "field", "line again", "swap lines", "cut", "reverse", "nothing left")

# kind, place in the file in thousandths, a second place, a token
Edit = tuple[str, int, int, bytes]
EDITS = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.integers(0, 1000),
        st.integers(0, 1000),
        st.sampled_from(TOKENS) | st.binary(max_size=8),
    ),
    min_size=1,
    max_size=5,
)


def edited(content: bytes, edits: Sequence[Edit]) -> bytes:
    """Return the content with all edits made, one after another."""
    for kind, one, other, token in edits:
        content = _edited(content, kind, one, other, token)
    return content


def _edited(content: bytes, kind: str, one: int, other: int, token: bytes) -> bytes:
    here, there = sorted((len(content) * one // 1000, len(content) * other // 1000))
    if kind == "insert":
        return content[:here] + token + content[here:]
    if kind == "replace":
        return content[:here] + token + content[here + len(token) :]
    if kind == "delete":
        return content[:here] + content[min(there, here + 16) :]
    if kind == "flip":
        return (
            content[:here] + bytes(byte ^ (1 + other % 255) for byte in content[here : here + 1]) + content[here + 1 :]
        )
    if kind == "cut":
        return content[: len(content) * one // 1000]
    if kind == "nothing left":
        return b""
    lines = content.split(b"\n")
    number, second = one * (len(lines) - 1) // 1000, other * (len(lines) - 1) // 1000
    if kind == "line again":
        lines.insert(second, lines[number])
    elif kind == "swap lines":
        lines[number], lines[second] = lines[second], lines[number]
    elif kind == "reverse":
        lines.reverse()
    else:
        fields = lines[number].split(b",")
        fields[other * (len(fields) - 1) // 1000] = token
        lines[number] = b",".join(fields)
    return b"\n".join(lines)
