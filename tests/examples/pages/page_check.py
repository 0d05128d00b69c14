#!/usr/bin/env python3
"""Whether a page is what it must be: page_check.py PAGE. Prints what is wrong, and ends with 1, where it is not.

It must be well-formed XML; an HTML parser must see the same elements, attributes and text as an XML parser, so that no
text has become markup; nothing in it loads anything; and its Content-Security-Policy lets no script run but its own.
"""
import base64
import hashlib
import html.parser
import itertools
import pathlib
import re
import sys
import xml.etree.ElementTree


class Seen(html.parser.HTMLParser):
    """Start tags with their attributes, end tags, and the text between, scripts and styles apart."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.events, self.raw, self.inside, self.attributes = [], [], None, {}

    def handle_starttag(self, tag, attrs):
        self.events.append((tag, sorted((name, value or "") for name, value in attrs)))
        if tag in ("script", "style"):
            self.inside, self.attributes = tag, dict(attrs)
            self.raw.append((tag, self.attributes, ""))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        self.events.append("/" + tag)
        self.inside = None

    def handle_data(self, data):
        if self.inside:
            tag, attributes, text = self.raw[-1]
            self.raw[-1] = (tag, attributes, text + data)
        elif self.events and isinstance(self.events[-1], list):
            self.events[-1][0] += data
        else:
            self.events.append([data])


def xml_events(element):
    tag = element.tag.removeprefix("{http://www.w3.org/2000/svg}")
    yield tag, sorted((name.lower(), value) for name, value in element.attrib.items())  # as HTML has them
    if element.text and tag not in ("script", "style"):
        yield [element.text]
    for child in element:
        yield from xml_events(child)
        if child.tail:
            yield [child.tail]
    yield "/" + tag


def complaints(page):
    try:
        tree = xml.etree.ElementTree.fromstring(page)
    except xml.etree.ElementTree.ParseError as error:
        return [f"no well-formed XML: {error}"]
    wrong, seen = [], Seen()
    seen.feed(page.split("\n", 1)[1].rstrip("\n"))
    seen.close()
    for ours, theirs in itertools.zip_longest(seen.events, xml_events(tree)):
        if ours != theirs:
            return [f"HTML has {ours!r} where XML has {theirs!r}"]
    tags = [(tag, dict(attributes)) for tag, attributes in filter(lambda event: isinstance(event, tuple), seen.events)]
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    if len(ids) != len(set(ids)):
        wrong.append("an id is there twice")
    for _, attributes in tags:
        for name, value in attributes.items():
            if name == "src" or name.startswith("on"):
                wrong.append(f"attribute {name}={value!r}")
            if name == "href" and not value.startswith(("#", "data:,")):
                wrong.append(f"a link to {value!r}")
    policy = next((a["content"] for _, a in tags if a.get("http-equiv") == "Content-Security-Policy"), "")
    scripts = [text for tag, attributes, text in seen.raw if tag == "script" and "type" not in attributes]
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts]
    if not policy.startswith("default-src 'none';") or re.findall("'sha256-(.*?)'", policy) != hashes:
        wrong.append(f"policy {policy!r} for scripts {hashes}")
    if any(tag == "style" and re.search("url|@import", text) for tag, _, text in seen.raw):
        wrong.append("a style loads something")
    return wrong


if __name__ == "__main__":
    found = complaints(pathlib.Path(sys.argv[1]).read_bytes().decode())
    sys.stdout.writelines(line + "\n" for line in found)
    sys.exit(1 if found else 0)
