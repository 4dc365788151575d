"""The few words around the facts of a printed page, in the donor's language. Legal sentences are ``wording``'s."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Labels:
    """One language's labels. Those with ``{}`` are filled by the page."""

    language: str
    receipt: str
    statement: str
    number: str
    version: str
    received_from: str
    given_on: str
    fund: str
    method: str
    tribute: str
    paid: str
    paid_back: str
    fee_cover: str
    in_return: str
    fair_value: str
    deductible: str
    day: str
    number_head: str
    amount: str
    part_deductible: str
    total: str
    gifts_in: str
    no_gifts: str
    signed_for: str
    issued_on: str
    page: str
    void: str
    void_note: str
    held: str
    held_note: str
    superseded: str
    superseded_note: str
    draft: str


_ENGLISH: Final = Labels(
    language="en",
    receipt="Donation receipt",
    statement="Year-end giving statement",
    number="No. {}",
    version="version {}",
    received_from="Received from",
    given_on="Date of gift",
    fund="For",
    method="Paid by",
    tribute="Tribute",
    paid="Amount paid",
    paid_back="Paid back to you",
    fee_cover="Toward the fee",
    in_return="You received",
    fair_value="Its fair market value",
    deductible="Tax-deductible amount",
    day="Date",
    number_head="Receipt",
    amount="Amount",
    part_deductible="Deductible",
    total="Total",
    gifts_in="Your gifts in {}",
    no_gifts="There are no gifts to acknowledge for this year.",
    signed_for="for {}",
    issued_on="Issued on {} (UTC)",
    page="Page {} of {}",
    void="VOID",
    void_note="",
    held="ON HOLD",
    held_note="",
    superseded="REPLACED",
    superseded_note="",
    draft="DRAFT",
)

_RUSSIAN: Final = Labels(
    language="ru",
    receipt="Квитанция о пожертвовании",
    statement="Справка о пожертвованиях за год",
    number="№ {}",
    version="версия {}",
    received_from="Получено от",
    given_on="Дата пожертвования",
    fund="На что",
    method="Способ оплаты",
    tribute="Посвящение",
    paid="Уплачено",
    paid_back="Возвращено вам",
    fee_cover="Из них на комиссию",
    in_return="Вы получили",
    fair_value="Рыночная стоимость",
    deductible="Сумма для вычета",
    day="Дата",
    number_head="Квитанция",
    amount="Сумма",
    part_deductible="К вычету",
    total="Итого",
    gifts_in="Ваши пожертвования за {} год",
    no_gifts="За этот год нет пожертвований, которые следует подтвердить.",
    signed_for="от имени {}",
    issued_on="Выдано {} (UTC)",
    page="Страница {} из {}",
    void="АННУЛИРОВАНО",
    void_note="Эта квитанция аннулирована. Пожалуйста, не используйте её для налоговой.",
    held="ПРИОСТАНОВЛЕНО",
    held_note="Платёж оспаривается; пока квитанция не действует.",
    superseded="ЗАМЕНЕНО",
    superseded_note="Этот документ заменён более новым. Пожалуйста, не используйте его для налоговой.",
    draft="ЧЕРНОВИК",
)

_CHINESE: Final = Labels(
    language="zh",
    receipt="捐款收据",
    statement="年度捐款证明",
    number="编号 {}",
    version="第 {} 版",
    received_from="捐款人",
    given_on="捐款日期",
    fund="用途",
    method="付款方式",
    tribute="致意",
    paid="付款金额",
    paid_back="已退还",
    fee_cover="其中手续费",
    in_return="您收到的回馈",
    fair_value="其市场价值",
    deductible="可抵税金额",
    day="日期",
    number_head="收据",
    amount="金额",
    part_deductible="可抵税",
    total="合计",
    gifts_in="您在 {} 年的捐款",
    no_gifts="本年度没有需要证明的捐款。",
    signed_for="代表 {}",
    issued_on="开具于 {}（UTC）",
    page="第 {} 页，共 {} 页",
    void="作废",
    void_note="本收据已作废，请勿用于报税。",
    held="暂停使用",
    held_note="该笔付款正在争议中，收据暂不可用于报税。",
    superseded="已被取代",
    superseded_note="本文件已被新版本取代，请勿用于报税。",
    draft="草稿",
)

_LABELS: Final = {labels.language: labels for labels in (_ENGLISH, _RUSSIAN, _CHINESE)}


def labels_for(language: str) -> Labels:
    """Return the labels of a language by its tag (``ru``, ``zh-Hant``); English when there are none."""
    return _LABELS.get(language.split("-", maxsplit=1)[0].lower(), _ENGLISH)
