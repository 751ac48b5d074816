"""Named queries: any number of one name in a workgroup, told apart by their ids."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from tests.rig.faults import Fault
from tests.rig.workgroups import Workgroups, refused

_Params = dict[str, Any]
_Operation = Callable[[_Params], _Params]
_MEMBERS = ("Name", "Description", "Database", "QueryString", "NamedQueryId", "WorkGroup")
_PAGE = 50


class NamedQueries:
    """Every named query, and the tokens with which they were created."""

    def __init__(self, workgroups: Workgroups) -> None:
        self._workgroups = workgroups
        self._queries: dict[str, _Params] = {}
        self._tokens: dict[str, tuple[str, str]] = {}
        self.operations: dict[str, _Operation] = {
            "CreateNamedQuery": self._create,
            "UpdateNamedQuery": self._update,
            "DeleteNamedQuery": self._delete,
            "GetNamedQuery": lambda params: {"NamedQuery": self._find(params)},
            "BatchGetNamedQuery": self.batch_get,
            "ListNamedQueries": self._list,
        }

    def reset(self) -> None:
        """Forget all of them."""
        self._queries.clear()
        self._tokens.clear()

    def _find(self, params: _Params) -> _Params:
        wanted = params["NamedQueryId"]
        if wanted not in self._queries:
            raise refused(f"NamedQuery {wanted} was not found")
        return self._queries[wanted]

    def _create(self, params: _Params) -> _Params:
        token = params.get("ClientRequestToken", "")
        digest = json.dumps(params, sort_keys=True)
        known = self._tokens.get(token)
        if known and known[1] != digest:
            raise refused("Idempotent parameters do not match")
        if known:  # its id, even if it has been deleted since
            return {"NamedQueryId": known[0]}
        workgroup = params.get("WorkGroup") or "primary"
        self._workgroups.find(workgroup)
        made = {"Description": "", **params, "NamedQueryId": str(uuid4()), "WorkGroup": workgroup}
        self._queries[made["NamedQueryId"]] = {name: made[name] for name in _MEMBERS}
        if token:
            self._tokens[token] = (made["NamedQueryId"], digest)
        return {"NamedQueryId": made["NamedQueryId"]}

    def _update(self, params: _Params) -> _Params:
        changed = {name: params[name] for name in ("Name", "QueryString")}
        self._find(params).update(changed, Description=params.get("Description", ""))
        return {}

    def _delete(self, params: _Params) -> _Params:
        self._find(params)
        del self._queries[params["NamedQueryId"]]
        return {}

    def batch_get(self, params: _Params, partial: Fault | None = None) -> _Params:
        """BatchGetNamedQuery; a fault leaves out as many as it says."""
        left_out = set(params["NamedQueryIds"][: partial.count]) if partial else set()
        gone = {"ErrorCode": "INVALID_INPUT", "ErrorMessage": "was not found"}
        found, missing = [], []
        for each in params["NamedQueryIds"]:
            if each in self._queries and each not in left_out:
                found.append(self._queries[each])
            else:
                detail = partial.detail() if partial and each in left_out else gone
                missing.append({"NamedQueryId": each, **detail})
        return {"NamedQueries": found, "UnprocessedNamedQueryIds": missing}

    def _list(self, params: _Params) -> _Params:
        name = params.get("WorkGroup") or "primary"
        self._workgroups.find(name)
        own = [key for key, each in self._queries.items() if each["WorkGroup"] == name]
        size, start = params.get("MaxResults") or _PAGE, int(params.get("NextToken", 0))
        more = {"NextToken": str(start + size)} if start + size < len(own) else {}
        return {"NamedQueryIds": own[start : start + size], **more}
