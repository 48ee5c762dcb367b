"""The documentation says what the program does: functions, keys, codes and commands are compared."""

from __future__ import annotations

import re

import pytest
from pydantic import BaseModel, ByteSize
from pydantic.fields import FieldInfo

from govgraph.cli import COMMANDS
from govgraph.errors import CODES
from govgraph.mapping import yarrrml_keys
from govgraph.mapping.rml_vocabulary import PROPERTIES
from govgraph.settings import DatasetSettings, Limits, Settings
from tests.conftest import REPOSITORY, Cli

YARRRML = (REPOSITORY / "docs" / "reference" / "yarrrml.md").read_text(encoding="utf-8")
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def test_every_key_stands_in_the_reference() -> None:
    words = set(re.findall(r"`(\w+)`", YARRRML))
    tables = [name for name in vars(yarrrml_keys) if name.endswith("_KEYS")]
    assert len(tables) > 8
    for keys in tables:
        for aliases in getattr(yarrrml_keys, keys).values():
            assert set(aliases) <= words, keys


def test_every_property_of_rml_stands_in_the_reference() -> None:
    page = (REPOSITORY / "docs" / "reference" / "rml.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.*?) \| (.*) \|$", page, re.M)
    documented = {name: set(re.findall(r"`(\w+)`", words)) for name, words in rows}
    for component in documented.keys() & PROPERTIES.keys():
        assert documented[component] == set(PROPERTIES[component]) - {"inverseExpression"}
    assert PROPERTIES.keys() - documented.keys() == {
        *("predicate map", "graph map", "child map", "parent map", "language map", "datatype map"),
        *("function map", "parameter map", "return map", "input value map"),
    }


def settings_rows(model: type[BaseModel]) -> list[str]:
    """The table of a settings file, as the reference has it."""
    rows = []
    for name, field in model.model_fields.items():
        rows.append(f"| `{name}` | {shown_default(field)} | {field.description} |")
    return rows


def shown_default(field: FieldInfo) -> str:
    """The default of a setting, as it would be written in YAML."""
    default = field.get_default(call_default_factory=True)
    if field.is_required():
        return "required"
    if default is None or default == {}:
        return "none"
    if isinstance(default, BaseModel):
        return "below"
    if field.default_factory:
        return "by the machine"
    if isinstance(default, tuple):
        return f"`[{', '.join(default)}]`"
    if isinstance(default, ByteSize):
        return f"`{default.human_readable().replace('.0', '')}`"
    return f"`{str(default).lower()}`"


@pytest.mark.parametrize("model", [Settings, Limits, DatasetSettings])
def test_every_setting_stands_in_the_reference(model: type[BaseModel]) -> None:
    page = (REPOSITORY / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    assert "\n".join(settings_rows(model)) in page


def code_rows() -> list[str]:
    return [f"| {code} | {meaning} |" for code, meaning in CODES.items()]


def test_every_code_stands_in_the_reference() -> None:
    page = (REPOSITORY / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    assert [line for line in page.splitlines() if line.startswith("| GG")] == code_rows()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples_and_stands_in_the_readme(command: str, cli: Cli) -> None:
    ran = cli(command, "--help")
    assert ran.code == 0
    assert re.search(rf"Examples:\n +govgraph {command}\b", ran.out)
    assert f"`govgraph {command}" in README
