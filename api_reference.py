"""The OpenAPI document as a page for people; its one script tells light from dark, and nothing is from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

SHELL = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API · Hindcast</title>
<link rel="icon" type="image/svg+xml" href="{root}/assets/favicon.svg">
<script src="{root}/assets/scheme.js"></script>
<link rel="stylesheet" href="{root}/assets/all.css">
</head>
<body>
<header class="header"><a class="home-link" href="{root}/" title="Hindcast, the first page"><span class="logo"></span>
<span class="wordmark">Hindcast</span></a></header>
<main class="reference">{body}</main>
</body>
</html>
"""
SCHEMA = "#/components/schemas/"
CODE = re.compile(r"`([^`]+)`")


def page(document: dict[str, Any], root: str) -> str:
    """An HTML page of all that the document says. root: the path under which the app lives, empty at the top."""
    operations = [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    about = document["info"]["description"]
    parts = ["<h1>API</h1>", _said(about, "lead")]
    parts.append(
        f'<p>The same for programs: <a href="{root}/api/v1/openapi.json">openapi.json</a> '
        f"(OpenAPI {escape(document['openapi'])}).</p>"
    )
    parts.append(_contents(operations))
    for tag in document["tags"]:
        name = tag["name"]
        parts.append(f'<section id="{escape(name)}"><h2>{escape(name)}</h2>')
        parts += [_operation(*call) for call in operations if call[2]["tags"] == [name]]
        parts.append("</section>")
    parts.append('<section id="models"><h2>Models</h2>')
    parts += [_model(name, schema) for name, schema in sorted(document["components"]["schemas"].items())]
    return SHELL.format(root=escape(root), body="\n".join([*parts, "</section>"]))


def _contents(operations: Iterable[tuple[str, str, dict[str, Any]]]) -> str:
    links = "".join(
        f'<li><a href="#{escape(call["operationId"])}">{_call(method, path)}</a> {_words(call["summary"])}</li>'
        for method, path, call in operations
    )
    return f'<nav aria-label="Calls"><ul>{links}</ul></nav>'


def _call(method: str, path: str) -> str:
    return f'<code><span class="method">{escape(method)}</span> {escape(path)}</code>'


def _operation(method: str, path: str, call: dict[str, Any]) -> str:
    parts = [f'<article id="{escape(call["operationId"])}"><h3>{_call(method, path)}</h3>', _said(call["summary"])]
    if "description" in call:
        parts.append(_said(call["description"]))
    if call["parameters"]:
        rows = ([_name(one), _kind(one["schema"]), _told(one)] for one in call["parameters"])
        parts.append(_table(("Parameter", "Kind", "What it is"), rows))
    if "requestBody" in call:
        body = call["requestBody"]
        parts.append(_table(("Body", "What it is"), [[_kinds(body["content"]), _words(body["description"])]]))
    rows = ([status, _content(said), _words(said["description"])] for status, said in call["responses"].items())
    parts.append(_table(("Answer", "Kind", "What it says"), rows))
    return "\n".join([*parts, "</article>"])


def _name(parameter: dict[str, Any]) -> str:
    where = {"path": "in the path", "query": "needed" if parameter["required"] else ""}[parameter["in"]]
    return f"<code>{escape(parameter['name'])}</code>" + (f" <small>{where}</small>" if where else "")


def _told(parameter: dict[str, Any]) -> str:
    schema = parameter["schema"]
    bounds = [
        f"{word} {schema[key]:g}" for key, word in (("minimum", "from"), ("maximum", "to")) if _is_near(schema, key)
    ]
    usual = [f"{_literal(schema['default'])} where it is not said"] if schema.get("default") not in (None, "") else []
    more = ", ".join([" ".join(bounds), *usual] if bounds else usual)
    return _words(parameter["description"]) + (f" <small>{escape(more)}</small>" if more else "")


def _is_near(schema: dict[str, Any], key: str) -> bool:
    """Whether a bound says more than that numbers end somewhere."""
    return key in schema and abs(schema[key]) < 10**9


def _literal(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _content(said: dict[str, Any]) -> str:
    return _kinds(said["content"]) if "content" in said else ""


def _kinds(content: dict[str, Any]) -> str:
    return "<br>".join(
        _kind(kind["schema"]) if name == "application/json" else f"<code>{escape(name)}</code>"
        for name, kind in sorted(content.items(), key=lambda kind: kind[0] != "application/json")
    )


def _model(name: str, schema: dict[str, Any]) -> str:
    rows = (
        [f"<code>{escape(field)}</code>", _kind(kind), _words(kind.get("description", ""))]
        for field, kind in schema.get("properties", {}).items()
    )
    return f'<article id="model-{escape(name)}"><h3><code>{escape(name)}</code></h3>' + "\n".join(
        [_said(schema.get("description", "")), _table(("Field", "Kind", "What it is"), rows), "</article>"]
    )


def _kind(schema: dict[str, Any]) -> str:
    """A schema in a few words."""
    if "$ref" in schema:
        name = escape(schema["$ref"].removeprefix(SCHEMA))
        return f'<a href="#model-{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(part) for part in schema["anyOf"]))
    if "enum" in schema:
        return " or ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if schema.get("type") == "array" and "items" in schema:
        return f"list of {_kind(schema['items'])}"
    if "prefixItems" in schema:
        return f"[{', '.join(_kind(part) for part in schema['prefixItems'])}]"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"{_kind(schema['additionalProperties'])} by name"
    return escape(str(schema.get("type", "any")))


def _table(heads: tuple[str, ...], rows: Iterable[list[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _said(text: str, kind: str = "") -> str:
    return f"<p{f' class={kind!r}' if kind else ''}>{_words(text)}</p>" if text else ""


def _words(text: str) -> str:
    """Text with its `code`."""
    return "".join(_marked(text))


def _marked(text: str) -> Iterator[str]:
    for number, part in enumerate(CODE.split(text)):
        yield f"<code>{escape(part)}</code>" if number % 2 else escape(part)
