"""A simulator of IAM by others, beside our own rules: ``make test-policies``.

It knows AWS's reference of actions: a question about a resource that the action cannot have is
refused.
"""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.iam.asked import ACCOUNT
from tests.iam.policies import Question

FOLDER = os.environ.get("IAM_SIMULATOR", "")
"""Where npm has installed @cloud-copilot/iam-simulate; empty if it is not asked."""
_SCRIPT = Path(__file__).with_name("simulate.mjs")


def simulated(
    policies: Sequence[Mapping[str, Any]], questions: Sequence[Question]
) -> dict[str, str]:
    """Its answers by question: ``Allowed``, ``ImplicitlyDenied`` or what is wrong with one."""
    asked = [
        {"action": each.action, "resource": each.resource, "context": dict(each.context)}
        for each in questions
    ]
    given = json.dumps({"account": ACCOUNT, "policies": policies, "questions": asked})
    command = ["node", str(_SCRIPT), str(Path(FOLDER).resolve())]
    done = subprocess.run(
        command, input=given, capture_output=True, text=True, check=True, timeout=120
    )
    answers = json.loads(done.stdout)
    return {
        str(question): answer.get("overallResult") or answer["errors"]["message"]
        for question, answer in zip(questions, answers, strict=True)
    }
