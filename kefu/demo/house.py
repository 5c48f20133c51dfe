"""The demo centre itself: organisation, network, staff and parcels, before anything happens."""

import itertools
import random
from datetime import timedelta
from decimal import Decimal

from django.db import connection

from kefu.demo import pictures, words
from kefu.demo.claims import Claims
from kefu.demo.parcels import Parcels
from kefu.demo.seeder import Seeder
from kefu.network.models import ContactNumber, Party, Region
from kefu.parcels.models import Scan, Waybill
from kefu.privacy import lookup, masks
from kefu.rulebooks import services as rulebooks
from kefu.rulebooks.models import Assignment, RulebookVersion
from kefu.staff import services as staff
from kefu.staff.models import Department, Duty, Employee, Position, User

PASSWORD = "kefu-demo-0826"  # printed by make run; the demo centre holds nobody's data
WAYBILLS = 4_000
LAST = "outlet01"  # the account that is opened last


class House:
    def __init__(self, seeder: Seeder) -> None:
        self.seeder = seeder

    def build(self) -> None:
        """Make the organisation, the network and the parcels."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT kefu_make_partitions(%s, %s)",
                [
                    (self.seeder.now - timedelta(days=self.seeder.days + 60)).date(),
                    (self.seeder.now + timedelta(days=95)).date(),
                ],
            )
        rulebooks.install_shipped(now=self.seeder.now - timedelta(days=self.seeder.days + 60))
        self.seeder.company = self.seeder.party("company", "YZ", "扬州本部", None, None)
        self.seeder.hub = self.seeder.party("hub", "HUB01", "华东分拨中心", None, None)
        self.build_outlets()
        self.build_staff()
        self.build_waybills()
        Parcels(self.seeder).build()
        Claims(self.seeder).build()

    def build_outlets(self) -> None:
        country = Region.objects.create(name="全国")
        self.seeder.outlets = []
        self.seeder.slow = set()
        for province, city, districts in words.PLACES:
            above, _new = Region.objects.get_or_create(parent=country, name=province)
            region = Region.objects.create(parent=above, name=city)
            for district in districts:
                number = len(self.seeder.outlets) + 1
                outlet = self.seeder.party(
                    "outlet", f"WD{number:03}", f"{city}{district}部", region, None
                )
                self.seeder.outlets.append(outlet)
                for kind in ("duty", "complaint", "head"):
                    self.contact(outlet, kind)
                if number % 5 == 0:
                    self.seeder.party(
                        "contractor", f"CB{number:03}", f"{city}{district}承包区", region, outlet
                    )
        while len(self.seeder.outlets) < 60:
            place = self.seeder.random.choice(words.PLACES)
            number = len(self.seeder.outlets) + 1
            region = Region.objects.get(name=place[1], parent__name=place[0])
            self.seeder.outlets.append(
                self.seeder.party(
                    "outlet", f"WD{number:03}", f"{place[1]}{place[2][0]}{number}部", region, None
                )
            )
            self.contact(self.seeder.outlets[-1], "duty")
        self.seeder.slow = {o.pk for o in self.seeder.random.sample(self.seeder.outlets, 8)}
        self.seeder.couriers = [
            self.seeder.party(
                "courier", f"{2200 + n}", self.seeder.person(), None, self.seeder.company
            )
            for n in range(1, 9)
        ]
        self.seeder.party("driver", "3301", self.seeder.person(), None, self.seeder.company)

    def contact(self, party: Party, kind: str) -> None:
        number = f"1380000{self.seeder.random.randrange(10_000):04}"
        holder = self.seeder.person()
        ContactNumber.objects.create(
            party=party,
            kind=kind,
            sealed={"number": number, "holder": holder},
            number_masked=masks.mask_phone(number),
            holder_masked=masks.mask_name(holder),
            lookup=lookup.tokens_for_person(holder, number),
            valid_from=self.seeder.now - timedelta(days=200),
            recorded_at=self.seeder.now - timedelta(days=200),
        )

    def build_staff(self) -> None:
        self.seeder.departments = {
            code: Department.objects.create(
                code=code,
                desk=desk,
                name=name,
                name_en=english,
                works_inquiries=works,
                switchboard=code == words.SWITCHBOARD,
                order=order,
            )
            for order, (code, desk, name, english, works) in enumerate(words.DEPARTMENTS)
        }
        self.assign_rules()
        positions = {
            name: Position.objects.create(
                name=name, name_en=english, duties=duties, post=words.POSTS.get(name, "")
            )
            for name, english, duties in words.POSITIONS
        }
        hashed = User(username="x")
        hashed.set_password(PASSWORD)  # hashed once: a good hash is slow
        self.seeder.staff = []
        for number, role, department, position in words.STAFF:
            name = self.seeder.person()
            phones = role == User.Role.AGENT and department in words.PHONES
            party = self.seeder.party("employee", number, name, None, self.seeder.company)
            user = User.objects.create(
                username=number,
                first_name=name,
                password=hashed.password,
                role=role,
                party=party,
                is_staff=role != User.Role.AGENT,
            )
            self.seeder.staff.append(
                Employee.objects.create(
                    user=user,
                    party=party,
                    number=number,
                    name=name,
                    department=self.seeder.departments[department],
                    position=positions[position],
                    channels=["phone", "online"] if phones else ["online"],
                    nickname=f"小{name[-1]}",
                    extension=number,
                )
            )
        User.objects.create(
            username=LAST,
            first_name=self.seeder.outlets[0].name,
            password=hashed.password,
            role=User.Role.OUTLET,
            party=self.seeder.outlets[0],
            is_active=False,  # opened when the sixty days are through: the mark of a whole centre
        )
        self.seeder.by_number = {e.number: e for e in self.seeder.staff}
        self.give_avatars()
        self.seeder.agents = [
            e for e in self.seeder.staff if e.user.role == "agent" and e.department.code == "query"
        ]
        self.read_the_rules()
        Duty.objects.bulk_create(
            Duty(
                employee=e,
                started_at=self.seeder.now - timedelta(hours=3),
                seat_since=self.seeder.now - timedelta(hours=3),
            )
            for e in self.seeder.staff
            if e.user.role in ("agent", "shift_lead", "supervisor")
        )

    def assign_rules(self) -> None:
        """The desks that work by another book than the rest of the centre."""
        for code, book in words.BOOKS.items():
            version = RulebookVersion.objects.get(rulebook__code=book)
            assert version.effective_on is not None
            Assignment.objects.create(
                version=version,
                department=self.seeder.departments[code],
                effective_on=version.effective_on,
            )

    def read_the_rules(self) -> None:
        """Everybody confirmed the rules before the sixty days, but for one agent who has not yet."""
        version = RulebookVersion.objects.get(rulebook__code=rulebooks.MAIN)
        for employee in self.seeder.staff:
            if employee != self.seeder.agents[-1]:
                rulebooks.acknowledge(
                    employee=employee,
                    version=version,
                    actor=employee.user,
                    now=self.seeder.now - timedelta(days=self.seeder.days + 14),
                )

    def give_avatars(self) -> None:
        """The company's pictures, in turn to whoever answers online (ES-203.03)."""
        chance = random.Random(self.seeder.seed)  # of its own: a new picture changes nothing else
        avatars = itertools.cycle(
            staff.add_avatar(
                name=name,
                picture=pictures.avatar(chance),
                actor=self.seeder.by_number["0801"].user,
                now=self.seeder.now - timedelta(days=self.seeder.days),
            )
            for name in words.AVATARS
        )
        for employee in self.seeder.staff:
            employee.avatar = next(avatars)
        Employee.objects.bulk_update(self.seeder.staff, ["avatar"])

    def build_waybills(self) -> None:
        amount = int(WAYBILLS * min(self.seeder.scale, 1)) or 1
        rows, scans = [], []
        for n in range(amount):
            accepted = self.seeder.now - timedelta(
                minutes=self.seeder.random.randrange(60, (self.seeder.days + 5) * 1440)
            )
            target = self.seeder.random.choice(self.seeder.outlets)
            sender, receiver = self.seeder.customer(), self.seeder.customer()
            parties = {
                "sender_name": sender[0],
                "sender_phone": sender[1],
                "sender_address": "江苏省扬州市邗江区文汇西路 18 号",
                "receiver_name": receiver[0],
                "receiver_phone": receiver[1],
                "receiver_address": f"{target.region.name if target.region else ''}市中心路 {n % 200 + 1} 号 3 单元 502 室",
            }
            row = Waybill(
                number=f"8806{12_000_000 + n * 7:08}",
                origin=self.seeder.company,
                destination=target,
                route_from="扬州",
                route_to=target.region.name if target.region else target.name[:2],
                sealed=parties,
                lookup=lookup.tokens_for_person(*sender) + lookup.tokens_for_person(*receiver),
                goods=self.seeder.random.choice(
                    ["衣物", "文件", "布艺样品", "茶叶", "五金配件", "医用耗材", "灯具"]
                ),
                weight_kg=Decimal(self.seeder.random.randrange(20, 2500)) / 100,
                freight=Decimal(self.seeder.random.randrange(800, 9000)) / 100,
                payment=self.seeder.random.choices(["sender", "receiver", "monthly"], [6, 2, 2])[0],
                declared_value=Decimal(
                    self.seeder.random.choice([0, 0, 0, 200, 500, 800, 1200, 3000])
                ),
                accepted_at=accepted,
            )
            for side in ("sender", "receiver"):
                setattr(row, f"{side}_name_masked", masks.mask_name(parties[f"{side}_name"]))
                setattr(row, f"{side}_phone_masked", masks.mask_phone(parties[f"{side}_phone"]))
                setattr(
                    row, f"{side}_address_masked", masks.mask_address(parties[f"{side}_address"])
                )
            rows.append(row)
            scans += self.scans(row, target)
        self.seeder.waybills = Waybill.objects.bulk_create(rows, batch_size=1_000)
        Scan.objects.bulk_create(scans, batch_size=2_000)
        self.seeder.waybills.sort(key=lambda w: w.accepted_at)

    def scans(self, waybill: Waybill, target: Party) -> list[Scan]:
        steps = [
            ("accepted", 0, self.seeder.company.name, ""),
            ("loaded", 4, self.seeder.company.name, "去分拨"),
            ("arrived", 14, self.seeder.hub.name, ""),
            ("departed", 18, self.seeder.hub.name, target.name),
            ("arrived", 40, target.name, ""),
            ("delivering", 46, target.name, ""),
            ("signed", 50, target.name, ""),
        ]
        reached = self.seeder.random.choices(range(2, 8), [1, 2, 2, 3, 4, 20])[0]
        found = [
            Scan(
                waybill_number=waybill.number,
                kind=kind,
                at=waybill.accepted_at
                + timedelta(hours=hours, minutes=self.seeder.random.randrange(50)),
                place=place,
                text=text,
            )
            for kind, hours, place, text in steps[:reached]
        ]
        return [scan for scan in found if scan.at < self.seeder.now]
