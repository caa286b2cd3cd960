"""The tables: everything that is true. Redis may be emptied at any moment, these may not.

Times are aware UTC instants. Columns named `*_json` hold plain JSON written by a dataclass or a
sentence (`Say`). Rows stay in this room; what leaves it are frozen dataclasses.
"""

from __future__ import annotations

from core.db.tables.accounts import AccountRow, BreakerRow, OAuthRow, QuotaEventRow
from core.db.tables.base import Base
from core.db.tables.chats import ChatRow, DialogueRow, KeptRow
from core.db.tables.jobs import JobRow
from core.db.tables.messages import (
    ArrivalRow,
    OutboxRow,
    RemoteFileRow,
    SeenRow,
    UpdateRow,
    WebMessageRow,
)
from core.db.tables.people import (
    AuditRow,
    IdentityRow,
    InviteRow,
    MemberRow,
    SessionRow,
    WorkspaceRow,
)
from core.db.tables.posts import NOT_OUT, AttemptRow, FigureRow, PostRow, RemoteRefRow, TargetRow
from core.db.tables.videos import AnalysisRow, ClipRow, CutRow, RenderRow, SourceRow

__all__ = [
    "NOT_OUT",
    "AccountRow",
    "AnalysisRow",
    "ArrivalRow",
    "AttemptRow",
    "AuditRow",
    "Base",
    "BreakerRow",
    "ChatRow",
    "ClipRow",
    "CutRow",
    "DialogueRow",
    "FigureRow",
    "IdentityRow",
    "InviteRow",
    "JobRow",
    "KeptRow",
    "MemberRow",
    "OAuthRow",
    "OutboxRow",
    "PostRow",
    "QuotaEventRow",
    "RemoteFileRow",
    "RemoteRefRow",
    "RenderRow",
    "SeenRow",
    "SessionRow",
    "SourceRow",
    "TargetRow",
    "UpdateRow",
    "WebMessageRow",
    "WorkspaceRow",
]
