"""Small exports of other helpdesks, written by hand: the same three tickets in each system's own form."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

NUMBERS = (1041, 1042, 1050)
ANSWERED = "<old-answer-2.1042@desk.example>"  # the Message-ID of what the old helpdesk sent last
PDF = b"%PDF-1.4 an invoice"
MAP = '[queues]\n"General" = "support"\n"Money" = "billing"\n[agents]\n"root" = "carol"\n'


def _write(folder: Path, name: str, value: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(value))


# ---- RT --------------------------------------------------------------------------------------------------------------


def rt(folder: Path, *, queue: str = "General") -> Path:
    """A folder of answers of REST 2.0."""

    def user(name: str) -> dict[str, str]:
        return {"type": "user", "id": name, "_url": f"https://rt.example/REST/2.0/user/{name}"}

    def ticket(number: int, **more: object) -> None:
        _write(
            folder,
            f"ticket-{number}.json",
            {
                "type": "ticket", "id": number, "EffectiveId": {"type": "ticket", "id": str(number)},
                "Status": "open", "Queue": {"type": "queue", "id": "1", "Name": queue}, "Owner": user("Nobody"),
                "Requestor": [user("ann@example.net")], "Cc": [], "Creator": user("ann@example.net"),
                "Created": "2025-03-01T09:00:00Z", "LastUpdated": "2025-03-04T09:00:00Z",
                "Resolved": "1970-01-01T00:00:00Z", **more,
            },
        )  # fmt: skip

    def history(number: int, *rows: tuple[int, str, str, str]) -> None:
        items = [
            {"type": "transaction", "id": str(key), "Type": kind, "Creator": user(who), "Created": at}
            for key, kind, who, at in rows
        ]
        _write(folder, f"history-{number}.json", {"items": items, "pages": 1, "count": len(items)})

    def attachments(number: int, *rows: dict[str, object]) -> None:
        _write(folder, f"attachments-{number}.json", {"items": [{"id": row["id"]} for row in rows], "pages": 1})
        for row in rows:
            transaction = {"type": "transaction", "id": row.pop("transaction")}
            content = row.pop("content")
            assert isinstance(content, bytes)
            whole = {"ContentType": "text/plain", "Filename": None, "Headers": "", **row, "TransactionId": transaction}
            _write(folder, f"attachment-{row['id']}.json", {**whole, "Content": base64.encodebytes(content).decode()})

    ticket(
        1041,
        Status="resolved",
        Subject="The old matter",
        Resolved="2025-02-02T10:00:00Z",
        Created="2025-02-01T09:00:00Z",
    )
    history(
        1041, (1, "Create", "ann@example.net", "2025-02-01T09:00:00Z"), (2, "Status", "root", "2025-02-02T10:00:00Z")
    )
    attachments(1041, {"id": "11", "transaction": "1", "Subject": "The old matter", "content": b"Long ago."})
    ticket(1042, Subject="Where is my lamp?", Owner=user("root"), Cc=[user("cid@example.org")])
    history(
        1042,
        (3, "Create", "ann@example.net", "2025-03-01T09:00:00Z"),
        (4, "Comment", "root", "2025-03-01T10:00:00Z"),
        (5, "Correspond", "root", "2025-03-02T09:00:00Z"),
        (6, "EmailRecord", "RT_System", "2025-03-02T09:00:01Z"),
    )
    attachments(
        1042,
        {"id": "31", "transaction": "3", "Subject": "Where is my lamp?", "content": "Wo ist die Lampe, bitte? Grüße".encode(),
         "Headers": "From: Ann Lee <ann@example.net>\nTo: support@acme.example\nMessage-ID: <ann-1@example.net>\n"},
        {"id": "32", "transaction": "3", "Filename": "bill.pdf", "ContentType": "application/pdf", "content": PDF},
        {"id": "33", "transaction": "4", "content": b"She is cross."},
        {"id": "34", "transaction": "5", "content": b"It leaves tomorrow.",
         "Headers": f"From: support@acme.example\nTo: ann@example.net\nMessage-ID: {ANSWERED}\nIn-Reply-To: <ann-1@example.net>\n"},
    )  # fmt: skip
    ticket(1050, Subject="Merged", EffectiveId={"type": "ticket", "id": "1042"})
    ticket(1051, Subject="Spam", Status="deleted")
    ticket(1050, Subject="A complaint", Status="stalled", Requestor=[user("bob@example.org")])
    history(1050, (7, "Create", "bob@example.org", "2025-03-03T09:00:00Z"))
    attachments(
        1050, {"id": "51", "transaction": "7", "ContentType": "text/html", "content": b"<p>Too <b>late</b>.</p>"}
    )
    return folder


# ---- Zammad ----------------------------------------------------------------------------------------------------------


def zammad(folder: Path, *, queue: str = "General") -> Path:
    """A folder of answers of /api/v1 with expand=true."""

    def ticket(own: int, number: int, **more: object) -> dict[str, object]:
        return {
            "id": own, "number": str(number), "group": queue, "state": "open", "priority": "2 normal", "owner": "-",
            "customer": "ann@example.net", "created_at": "2025-03-01T09:00:00.000Z",
            "updated_at": "2025-03-04T09:00:00.000Z", "close_at": None, **more,
        }  # fmt: skip

    def article(key: int, **more: object) -> dict[str, object]:
        return {
            "id": key, "type": "email", "sender": "Customer", "from": "Ann Lee <ann@example.net>",
            "to": "support@acme.example", "cc": None, "subject": None, "message_id": None, "in_reply_to": None,
            "content_type": "text/plain", "body": "", "internal": False, "created_by": "ann@example.net",
            "created_at": "2025-03-01T09:00:00.000Z", "attachments": [], **more,
        }  # fmt: skip

    first = [
        ticket(
            1, 1041, title="The old matter", state="closed", close_at="2025-02-02T10:00:00.000Z",
            created_at="2025-02-01T09:00:00.000Z",
        ),
        ticket(2, 1042, title="Where is my lamp?", owner="carol@acme.example"),
    ]  # fmt: skip
    complaint = ticket(3, 1050, title="A complaint", state="pending reminder", customer="bob@example.org")
    _write(folder, "tickets-1.json", first)
    _write(folder, "tickets-2.json", [complaint, ticket(4, 1051, title="Spam", state="removed")])
    _write(folder, "articles-1.json", [article(11, body="Long ago.", created_at="2025-02-01T09:00:00.000Z")])
    bill = {"id": 9, "filename": "bill.pdf", "size": str(len(PDF)), "preferences": {"Content-Type": "application/pdf"}}
    _write(
        folder,
        "articles-2.json",
        [
            article(21, message_id="<ann-1@example.net>", body="shortened", attachments=[bill]),
            article(22, type="note", sender="Agent", internal=True, created_at="2025-03-01T10:00:00.000Z", body="She is cross.",
                    **{"from": "Carol Reyes", "created_by": "carol@acme.example"}),
            article(23, sender="Agent", body="<div>It leaves tomorrow.</div>", content_type="text/html", to="ann@example.net",
                    message_id=ANSWERED, in_reply_to="<ann-1@example.net>", created_at="2025-03-02T09:00:00.000Z",
                    **{"from": "Carol via Acme <support@acme.example>"}),
        ],
    )  # fmt: skip
    plain = (
        "From: Ann Lee <ann@example.net>\r\nTo: support@acme.example\r\nSubject: Where is my lamp?\r\n"
        "Date: Sat, 01 Mar 2025 09:00:00 +0000\r\nMessage-ID: <ann-1@example.net>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nWo ist die Lampe, bitte? Grüße\r\n"
        "--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=bill.pdf\r\n"
        f"Content-Transfer-Encoding: base64\r\n\r\n{base64.b64encode(PDF).decode()}\r\n--b--\r\n"
    )
    (folder / "plain-21.eml").write_bytes(plain.encode())
    late = article(31, body="<p>Too <b>late</b>.</p>", content_type="text/html", created_at="2025-03-03T09:00:00.000Z")
    _write(folder, "articles-3.json", [{**late, "from": "Bob <bob@example.org>"}])
    return folder


# ---- osTicket --------------------------------------------------------------------------------------------------------


def osticket(folder: Path, *, queue: str = "General") -> Path:
    """A file as mysqldump --xml --hex-blob writes it."""
    folder.mkdir(parents=True, exist_ok=True)
    thread = "thread_id id type user_id staff_id poster title body format created"
    html, text = "html", "text"
    rows = {
        "attachment": ("id object_id type file_id name inline", [("1", "31", "H", "7", "", "0")]),
        "department": ("id name", [("1", queue)]),
        "file": ("id type size name", [("7", "application/pdf", str(len(PDF)), "bill.pdf")]),
        "file_chunk": ("file_id chunk_id filedata", [("7", "0", PDF[:9].hex()), ("7", "1", PDF[9:].hex())]),
        "staff": ("staff_id username email firstname lastname", [("1", "root", "root@desk.example", "Root", "")]),
        "thread": ("id object_id object_type", [("101", "1", "T"), ("102", "2", "T"), ("103", "3", "T"), ("104", "1", "A")]),
        "thread_entry": (
            thread,
            [
                ("101", "11", "M", "1", "0", "Ann Lee", "The old matter", "Long ago.", text, "2025-02-01 09:00:00"),
                ("102", "31", "M", "1", "0", "Ann Lee", "Where is my lamp?", "Wo ist die Lampe, bitte? Grüße", text,
                 "2025-03-01 09:00:00"),
                ("102", "32", "N", "0", "1", "Root", "", "<p>She is cross.</p>", html, "2025-03-01 10:00:00"),
                ("102", "33", "R", "0", "1", "Root", "", "<p>It leaves tomorrow.</p>", html, "2025-03-02 09:00:00"),
                ("103", "51", "M", "2", "0", "Bob", "A complaint", "<p>Too <b>late</b>.</p>", html, "2025-03-03 09:00:00"),
            ],
        ),
        "thread_entry_email": ("id thread_entry_id mid headers", [("1", "33", ANSWERED, ""), ("2", "31", "<ann-1@example.net>", "")]),
        "ticket": (
            "ticket_id number user_id status_id dept_id staff_id created closed",
            [
                ("1", "001041", "1", "3", "1", "0", "2025-02-01 09:00:00", "2025-02-02 10:00:00"),
                ("2", "001042", "1", "1", "1", "1", "2025-03-01 09:00:00", ""),
                ("3", "001050", "2", "6", "1", "0", "2025-03-03 09:00:00", ""),
            ],
        ),
        "ticket__cdata": ("ticket_id subject priority", [("1", "The old matter", "2"), ("2", "Where is my lamp?", "2"), ("3", "A complaint", "1")]),
        "ticket_status": ("id name state", [("1", "Open", "open"), ("3", "Closed", "closed"), ("6", "Stalled", "open")]),
        "user": ("id default_email_id name", [("1", "1", "Ann Lee"), ("2", "2", "Bob")]),
        "user_email": ("id user_id address", [("1", "1", "ann@example.net"), ("2", "2", "bob@example.org")]),
    }  # fmt: skip
    lines = [
        '<?xml version="1.0"?>',
        '<mysqldump xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">',
        '<database name="desk">',
    ]
    for table, (columns, values) in rows.items():
        lines += [f'<table_structure name="ost_{table}"></table_structure>', f'<table_data name="ost_{table}">']
        for row in values:
            fields = zip(columns.split(), row, strict=True)
            lines.append(
                "<row>" + "".join(f'<field name="{name}">{escape(value)}</field>' for name, value in fields) + "</row>"
            )
        lines.append("</table_data>")
    file = folder / "osticket.xml"
    file.write_text("\n".join([*lines, "</database>", "</mysqldump>", ""]))
    return file


SYSTEMS: dict[str, Callable[..., Path]] = {"rt": rt, "zammad": zammad, "osticket": osticket}
