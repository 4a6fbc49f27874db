"""What the first prefix of a subject says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.forward.subject_prefix import Manner, manner


@pytest.mark.parametrize(
    "prefix",
    """Fwd: FW: Fw: WG: TR: Tr: RV: I: ENC: VB: Doorst: PD: İLT: Továbbítva: YML: VL: Trs: ΠΡΘ: Fwd[2]: FW(3):
    转发： 轉寄: 転送: 전달: הועבר: Пересл: FWD:""".split(),
)
def test_forwards(prefix: str) -> None:
    assert manner(f"{prefix} Pump 7") == (Manner.FORWARD, "Pump 7")


@pytest.mark.parametrize(
    "prefix", "Re: RE: AW: SV: Odp: Antw: R: RES: YNT: VÁ: ΑΠ: 回复： 回覆: 答复: Re[4]: Отв:".split()
)
def test_replies(prefix: str) -> None:
    assert manner(f"{prefix} Pump 7") == (Manner.REPLY, "Pump 7")


@pytest.mark.parametrize(
    ("subject", "wanted"),
    [
        ("RE: FW: Pump", (Manner.REPLY, "FW: Pump")),
        ("WG: AW: Pumpe", (Manner.FORWARD, "AW: Pumpe")),
        ("[EXTERNAL] FW: Pump", (Manner.FORWARD, "Pump")),
        ("[Acme #12] [x] Re: Pump", (Manner.REPLY, "Pump")),
        ("[Fwd: Pump]", (Manner.FORWARD, "Pump")),
        ("[Fwd: [list] Pump]", (Manner.FORWARD, "[list] Pump")),
        ("Fwd: [list] Pump [7]", (Manner.FORWARD, "[list] Pump [7]")),
        ("Pump (fwd)", (Manner.FORWARD, "Pump")),
        ("TR : Pompe", (Manner.FORWARD, "Pompe")),
        ("Forwarding: how to", (Manner.NONE, "Forwarding: how to")),
        ("Pump: fwd", (Manner.NONE, "Pump: fwd")),
        ("", (Manner.NONE, "")),
    ],
)
def test_subjects(subject: str, wanted: tuple[Manner, str]) -> None:
    assert manner(subject) == wanted


@given(st.text(max_size=60))
def test_any_subject(subject: str) -> None:
    assert manner(subject)[1] in subject
