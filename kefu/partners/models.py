"""Accounts by which people of an outlet sign in."""

from typing import Any

from django.contrib.auth.models import UserManager
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.staff.models import User


class OutletAccounts(UserManager):
    def get_queryset(self) -> Any:
        return super().get_queryset().filter(role=User.Role.OUTLET)


class OutletAccount(User):
    """The same row as the account it is; only those of outlets."""

    objects = OutletAccounts()  # type: ignore[misc]  # as in User

    class Meta:
        proxy = True
        verbose_name = _("网点账号")
        verbose_name_plural = pgettext_lazy("plural", "网点账号")
