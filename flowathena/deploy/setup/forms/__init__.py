"""What should be in AWS, written for the tool that somebody sets things up with.

``render`` writes any values of ``deploy.setup`` (``FlowLog``, ``BucketPolicy``, ``ManagedPolicy``,
…) as CloudFormation, Terraform, commands of the AWS CLI, or bare JSON::

    render([ManagedPolicy("flowathena", document)], Form.TERRAFORM).text

Each form is a module with a table: from the kind of value to what writes it.
"""

from flowathena.deploy.setup.forms.form import Form, render
from flowathena.deploy.setup.forms.rendering import Rendering

__all__ = ["Form", "Rendering", "render"]
