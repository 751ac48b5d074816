"""A schedule as a CronJob of Kubernetes, with its service account and configuration. Pure.

https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
"""

import json
import re
from dataclasses import replace
from typing import Any

from flowathena.deploy.schedule.job import Job
from flowathena.errors import UsageError
from flowathena.logs.aws_partition import describe_elsewhere

_NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+", re.ASCII)
_USER = 10001
_FOLDER = "/etc/flowathena"
_FILE = "flowathena.toml"
_LONGEST_SECONDS = 3_600


def render(job: Job, image: str, namespace: str, role_arn: str | None) -> str:
    """The manifests as YAML.

    Args:
        job: the schedule.
        image: the container image, which has ``flowathena`` for its entry point.
        namespace: where everything is made.
        role_arn: the IAM role of the service account (IRSA); None leaves it to a Pod Identity.

    Raises:
        UsageError: one of these cannot be.
    """
    if not _NAMESPACE.fullmatch(namespace):
        raise UsageError(
            f"--namespace: {namespace!r} is not a name of lower-case letters, digits, -"
        )
    if not image or any(sign.isspace() for sign in image):
        raise UsageError(f"--image: {image!r} is not the name of an image")
    if role_arn is not None and not _ROLE.fullmatch(role_arn):
        raise UsageError(
            f"--role-arn: {role_arn!r} is not the ARN of a role (arn:aws:iam::…:role/…)"
        )
    if role_arn and job.target.region:
        elsewhere = describe_elsewhere(role_arn, job.target.region)
        if elsewhere:
            raise UsageError(f"--role-arn: {elsewhere}")
    meta = {
        "name": job.name,
        "namespace": namespace,
        "labels": {"app.kubernetes.io/name": "flowathena", "app.kubernetes.io/instance": job.name},
    }
    role = {"annotations": {"eks.amazonaws.com/role-arn": role_arn}} if role_arn else {}
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {**meta, **role}}
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": meta,
        "data": {_FILE: job.document},
    }
    manifests = (account, config, _cron_job(job, image, meta))
    about = f"# {job.description}\n"
    return about + "".join(f"---\n{_yaml(each)}\n" for each in manifests)


def _cron_job(job: Job, image: str, meta: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": meta,
        "spec": {
            "schedule": job.timetable.cron,
            "timeZone": "Etc/UTC",
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": _LONGEST_SECONDS,
            "successfulJobsHistoryLimit": 1,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {
                "spec": {
                    "backoffLimit": 1,
                    "activeDeadlineSeconds": _LONGEST_SECONDS,
                    "template": {"metadata": {"labels": meta["labels"]}, "spec": _pod(job, image)},
                }
            },
        },
    }


def _pod(job: Job, image: str) -> dict[str, Any]:
    return {
        "serviceAccountName": job.name,
        "automountServiceAccountToken": False,
        "restartPolicy": "Never",
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "flowathena",
                "image": image,
                "args": list(replace(job, config="").command[1:]),
                "env": [
                    {"name": "FLOWATHENA_CONFIG", "value": f"{_FOLDER}/{_FILE}"},
                    {"name": "FLOWATHENA_CACHE", "value": "/tmp/flowathena"},  # noqa: S108 - the pod's own
                ],
                "resources": {
                    "requests": {"cpu": "100m", "memory": "256Mi"},
                    "limits": {"memory": "512Mi"},
                },
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
                "volumeMounts": [
                    {"name": "config", "mountPath": _FOLDER, "readOnly": True},
                    {"name": "scratch", "mountPath": "/tmp"},  # noqa: S108 - same
                ],
            }
        ],
        "volumes": [
            {"name": "config", "configMap": {"name": job.name}},
            {"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}},
        ],
    }


def _yaml(value: Any, indent: int = 0) -> str:  # noqa: ANN401 - what JSON has
    """Lists and tables in YAML's block style; texts as in JSON, which YAML reads alike."""
    pad = "  " * indent
    if isinstance(value, dict) and value:
        return "\n".join(f"{pad}{key}:{_nested(each, indent + 1)}" for key, each in value.items())
    if isinstance(value, list) and value:
        return "\n".join(f"{pad}-{_nested(each, indent + 1)}" for each in value)
    return f"{pad}{json.dumps(value, ensure_ascii=False)}"


def _nested(value: Any, indent: int) -> str:  # noqa: ANN401 - same
    if isinstance(value, dict | list) and value:
        return f"\n{_yaml(value, indent)}"
    return f" {_yaml(value)}"
