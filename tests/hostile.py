"""Texts that try to be more than texts, for the tests of everything that writes texts of others.

Model names, group names, prompts, choices, error texts and test names may be any of these.
"""

from __future__ import annotations

HOSTILE_TEXTS = {
    "script": "</title></style></script><script>alert(1)</script>",
    "element": "<b>bold</b><img src=x onerror=alert(1)>",
    "attribute": '" onmouseover="alert(1)" \' autofocus onfocus=\'alert(1)',
    "entities": "&lt;b&gt; &amp;amp; &#60;",
    "comment": "<!-- --><![CDATA[ ]]> <?xml version='1.0'?> --!>",
    "template": "{{ 7 * 7 }}{% raw %}{% include 'page.html' %}{# #}${7*7}",
    "address": "javascript:alert(1) https://evil.example/?a=1&b=2 //evil.example",
    "markdown link": "[click](javascript:alert(1)) ![x](https://evil.example/x.png) <https://evil.example>",
    "markdown table": "a | b \\| c\n|---|---|\n| d | e |",
    "markdown text": "# heading\n- list `code` **bold** ~~gone~~ \\",
    "mention": "@everyone @octocat #1 GH-1 organisation/repository#1",
    "workflow command": "::error file=a.py,line=1::text%0A::set-output name=a::b\n##[error]text",
    "ansi": "\x1b[31mred\x1b[0m\x1b]8;;https://evil.example\x07link\x1b]8;;\x07",
    "bidi": "\N{RIGHT-TO-LEFT OVERRIDE}evil\N{POP DIRECTIONAL FORMATTING}\N{RIGHT-TO-LEFT ISOLATE}open",
    "invisible": "a\N{ZERO WIDTH SPACE}b\N{SOFT HYPHEN}c\N{ZERO WIDTH NO-BREAK SPACE}d\N{LINE SEPARATOR}e",
    "control": "nul\x00bell\x07unit\x1fdelete\x7fc1\x85\x9b",
    "no character": "\ufffe\uffff\udcff",
    "newlines": "one\r\ntwo\rthree\n\n\tfour",
    "path": "../../../../etc/passwd",
    "windows path": "C:\\..\\..\\CON\\aux.txt:stream",
    "url path": "..%2f..%2fetc%2fpasswd?x#y",
    "long": "x" * 1_000_000,
    "long line of marks": "<&\"'" * 2_000,
    "emoji": "\U0001f469\N{ZERO WIDTH JOINER}\U0001f4bb e\N{COMBINING ACUTE ACCENT}",
    "spaces": "   ",
}
"""By what they try; none is empty."""
