"""The forms, and the one function that writes any of them."""

from collections.abc import Sequence
from enum import StrEnum

from flowathena.deploy.setup.forms import bare, cloudformation, commands, terraform
from flowathena.deploy.setup.forms.rendering import Rendering


class Form(StrEnum):
    """What ``render`` writes."""

    JSON = "json"
    CLI = "cli"
    CLOUDFORMATION = "cloudformation"
    TERRAFORM = "terraform"


_RENDERERS = {
    Form.JSON: bare.render,
    Form.CLI: commands.render,
    Form.CLOUDFORMATION: cloudformation.render,
    Form.TERRAFORM: terraform.render,
}


def render(values: Sequence[object], form: Form, region: str = "") -> Rendering:
    """Write what should be in AWS, what others need first.

    Args:
        values: of the kinds in ``deploy.setup``, each once.
        form: how.
        region: where; only commands have it in them, the other tools are told when they run.
    """
    return _RENDERERS[form](values, region)
