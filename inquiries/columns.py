"""What reports that people build can show of queries and complaints."""

from django.utils.translation import gettext_lazy as _

from inquiries.models import Complaint, Inquiry
from kefu.cases.models import Interaction
from kefu.reports.columns import Column, Of

INQUIRY = (
    Column("inquiry", _("类型"), "inquiry__kind", Of.CHOICE, Inquiry.Kind),
    Column("channel", _("渠道"), "inquiry__channel", Of.CHOICE, Interaction.Channel),
    Column("asker", _("谁在问"), "inquiry__asker", Of.CHOICE, Inquiry.Asker),
    Column("first_contact", _("一次答清"), "inquiry__first_contact", Of.YES),
)
COMPLAINT = (
    Column("cause", _("投诉原因"), "complaint__cause", Of.CHOICE, Complaint.Cause),
    Column("category", _("类别"), "complaint__category", Of.CHOICE, Complaint.Category),
    Column("against", _("被投诉方"), "complaint__against__name", Of.NAME),
    Column("stage", _("环节"), "complaint__stage", Of.CHOICE, Complaint.Stage),
    Column("level", _("投诉到"), "complaint__level", Of.CHOICE, Complaint.Level),
    Column("conclusion", _("结论"), "complaint__conclusion", Of.CHOICE, Complaint.Conclusion),
    Column("item_value", _("物品价值（元）"), "complaint__item_value", Of.YUAN),
)
