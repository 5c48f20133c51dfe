"""Papers as PDF: the same file each time, whatever stands in the text."""

import pytest

from kefu import pdf
from kefu.pdf import Facts, Heading, Paper, Rows, Signatures, Words

ODD = "<b>&amp;</b> </para> \u0000 “引号”——Ünï\n第二行 龦䶮㛃 🚚"


def paper(text: str = ODD, rows: int = 2) -> Paper:
    table = Rows(["责任方", "比例", "金额"], [[text, "33.33%", "1,200.00 元"]] * rows, [6, 2, 3])
    blocks = [Facts([("运单号", text)] * 3), Heading("一、"), Words(text), table]
    return Paper("理赔和解协议书", "LP-1", "扬州本部", [*blocks, Signatures(["甲方", "乙方"])])


def test_the_same_paper_is_the_same_file_and_text_is_never_markup():
    first = pdf.draw(paper())

    assert first.startswith(b"%PDF-") and first.rstrip().endswith(b"%%EOF")
    assert pdf.draw(paper()) == first
    assert pdf.draw(paper(ODD + "。")) != first


def test_a_long_paper_goes_on_over_several_pages():
    assert pdf.draw(paper("责任方 " * 20, rows=60)).count(b"/Type /Page\n") > 3


def test_without_a_font_the_sentence_names_the_setting(settings):
    settings.KEFU_PDF_FONT = __file__  # not a font

    with pytest.raises(pdf.NoFont, match="KEFU_PDF_FONT"):
        pdf.draw(paper())
