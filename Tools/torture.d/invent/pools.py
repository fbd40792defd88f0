"""The few names and values that random programs and histories draw from, so that they meet."""

PARTNERS = [f"p{number}" for number in range(1, 13)] + ["Åsa", "p\"1", "x/y z", "名" * 85]
STAGES = [
    "new",
    "outreach",
    "in_discussion",
    "rejected_by_partner",
    "rejected_by_brand",
    "joined",
    "expired",
    "suspended",
]
CONTRACT_STAGES = [
    "awaiting_publisher_approval",
    "awaiting_advertiser_approval",
    "publisher_declined",
    "advertiser_declined",
    "joined",
    "expired",
    "awaiting_contract_start",
    "advertiser_retracted",
    "advertiser_countered",
    "publisher_retracted",
    "publisher_countered",
    "pending_contract_expired",
    "archived",
    "suspended",
    "cancelled",
    "publisher_deactivated",
]
CONTRACTS = ["default", "spring", "Spring"]
TERMS = ["standard", "Standard-EU", "trial", "premium-eu"]
TERM_PARTS = ["standard", "STAND", "-eu", "ia", "premium-eu"]
TAGS = ["vip", "gold", "at-risk", "VIP"]
GROUPS = ["creators", "beta"]
NAMES = ["Ada Abel", "ada abel", "Zoë Young", "Cleo Fox", "Ünal"]
NAME_PARTS = ["ada", "OË", "fox", " ", "Ünal", "abel"]
ATTRIBUTES = ["tier", "score", "flag", "day"]
TEXTS = ["silver", "Gold", "old", ""]
NUMBERS = [
    "0",
    "1",
    "-1",
    "2.5",
    "2.50",
    "100",
    "1e2",
    "0.000001",
    "123456789012345678901234567890",
    "-0.3",
    "1e-30",
]
EVENTS = ["logged_in", "payout"]
PROPERTIES = ["total", "method", "on"]
AMOUNTS = ["0", "0.000001", "10", "10.00", "99.999999", "100.5", "0.1", "0.2", "1e1", "999999999999.999999"]
LIMITS = ["0", "10", "0.3", "100", "110.5", "-1", "0.000001", "1000000000000", "20"]
COUNTS = ["0", "1", "2", "3", "5", "1.5"]
DAYS = [0, 1, 2, 3, 5, 7, 10, 30]
LENGTHS = [
    {"minutes": 1},
    {"minutes": 90},
    {"hours": 1},
    {"hours": 24},
    {"days": 1},
    {"days": 1, "hours": 1},
    {"days": 7},
]
SOURCES = ["w1", "w2", "w3", "w4", "a1", "a2", "a3", "a4", "a5", "a6"]
ACTIVITIES = ["sent", "delivered", "opened", "clicked", "bounced"]

# What conditions and events can be about.
TOPICS = ["stage", "contract", "name", "group", "tag", "money", "clicks", "mail", "custom", "attribute"]

# Zones, and a date near which something happens to their clocks.
ZONES = [
    ("America/New_York", "2025-03-09"),
    ("America/New_York", "2025-11-02"),
    ("Europe/Berlin", "2024-03-31"),
    ("Europe/Dublin", "2023-10-29"),
    ("Australia/Lord_Howe", "2024-04-07"),
    ("Australia/Lord_Howe", "2024-10-06"),
    ("Pacific/Apia", "2011-12-30"),
    ("America/Sao_Paulo", "2018-11-04"),
    ("America/Sao_Paulo", "2018-02-18"),
    ("Asia/Beirut", "2022-03-27"),
    ("Asia/Kathmandu", "2024-02-29"),
    ("America/St_Johns", "2010-11-07"),
    ("America/Havana", "2024-11-03"),
    ("Africa/Casablanca", "2024-03-10"),
    ("America/Caracas", "2016-05-01"),
    ("Asia/Pyongyang", "2018-05-05"),
    ("UTC", "2024-12-31"),
    ("Antarctica/Troll", "2024-03-31"),
    ("Africa/Monrovia", "1972-01-07"),
    ("Pacific/Kwajalein", "1993-08-21"),
    ("America/Scoresbysund", "2024-03-31"),
]


def topics(chance):
    """What most of a program is about: a few topics, so that its conditions and events meet."""
    return chance.sample(TOPICS, chance.choice((2, 3, 4)))
