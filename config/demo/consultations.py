"""The words of the demonstration's consultations: offers, hours, and people who asked.

Plain constants only; days are counted from the one on which they are loaded, so
that the demonstration is never out of date. All people here are invented.
"""

from decimal import Decimal
from typing import Any

OFFERS: list[dict[str, Any]] = [
    {
        "name": "Free consultation",
        "slug": "free-consultation",
        "heading": "Want to automate your business?",
        "text": "Schedule a free consultation and discover how AI can transform your operation",
        "button": "Schedule a free consultation",
        "description": """\
Thirty minutes by video or telephone with Ines or Tomas. You describe one process that takes
more time than it should. We ask how often it happens, where the data is and what a mistake
costs, and tell you whether we would automate it, with which means and in what order of
magnitude of effort.

It helps to have these at hand:

- one process you would like to be rid of, and roughly how often it happens each week
- the names of the programs involved
- two or three typical examples, with personal details removed

It is not a sales presentation, and no slides are shown. If a spreadsheet or a feature you
already pay for would do, we say so. Within two working days you receive half a page of notes,
which are yours to use with or without us.
""",
        "duration": 30,
        "interval": 30,
        "buffer_before": 5,
        "buffer_after": 10,
        "notice": 24 * 60,
        "horizon": 45,
        "most_a_day": 4,
        "place": (
            "By video: https://meet.northlight.example/consultation\n"
            "If you would rather be called, write us your number before the talk."
        ),
        "change_cutoff": 4 * 60,
        "contact": "Ines Carvalho, +351 21 555 0148",
        "reminders": "24h, 1h",
        "hosts": ["ines-carvalho", "tomas-lind"],
        "topics": [],
    },
    {
        "name": "Data check",
        "slug": "data-check",
        "heading": "Is your data good enough for it?",
        "text": (
            "Show Tomas what you have. In an hour you know what it can be used for, what is "
            "missing and what cleaning it would take."
        ),
        "button": "Book a data check",
        "description": """\
One hour by video with Tomas, €180 plus VAT, invoiced afterwards. You share the screen and open
the spreadsheet, the export or the database; nothing has to be sent beforehand.

We look at a few hundred rows together and count: what is empty, what is there twice, what two
people would enter differently, and since when it has been kept that way. You get a page with
the figures, and a plain yes, no or not yet for the use that you have in mind.

Tomas confirms each appointment himself, as a rule on the same day. If your question turns out
to need no check, he says so and the hour costs nothing.
""",
        "duration": 60,
        "interval": 30,
        "buffer_before": 10,
        "buffer_after": 20,
        "notice": 2 * 24 * 60,
        "horizon": 60,
        "most_a_day": 2,
        "most_open": 1,
        "place": "By video: https://meet.northlight.example/data-check",
        "confirms_by_hand": True,
        "pending_hours": 120,
        "change_cutoff": 24 * 60,
        "contact": "Tomas Lind, +351 21 555 0148",
        "reminders": "2d, 2h",
        "host": "tomas-lind",
        "hosts": ["tomas-lind"],
        "topics": ["Data"],
    },
]

CALENDARS: list[dict[str, Any]] = [
    {
        "host": "ines-carvalho",
        "hours": {
            "monday": "9:30–12:30, 14:00–17:30",
            "tuesday": "9:30–12:30, 14:00–17:30",
            "wednesday": "9:30–12:30, 14:00–17:30",
            "thursday": "9:30–12:30, 14:00–17:30",
            "friday": "9:30–12:30",
        },
        # (weeks from this one, weekday from Monday as 0, hours of that day)
        "overrides": [(2, 2, "14:00–18:30"), (3, 4, "")],
        # (weeks, weekday, time) from and until, and why
        "blocked": [((1, 1, "14:00"), (1, 1, "16:00"), "School meeting")],
    },
    {
        "host": "tomas-lind",
        "hours": {
            "monday": "13:00–17:00",
            "tuesday": "8:30–12:00, 13:00–16:30",
            "wednesday": "8:30–12:00, 13:00–16:30",
            "thursday": "8:30–12:00, 13:00–18:30",
            "friday": "8:30–12:00",
        },
        "overrides": [(1, 3, "10:00–12:00, 15:00–19:00")],
        "blocked": [((3, 0, "12:00"), (3, 2, "12:00"), "At a client’s warehouse in Aveiro")],
    },
]

STAFF: dict[str, dict[str, str]] = {
    "ines": {"first_name": "Ines", "last_name": "Carvalho"},
    "tomas": {"first_name": "Tomas", "last_name": "Lind"},
}
"""Who follows up, by login."""

REPLIES: list[dict[str, str]] = [
    {
        "name": "Ask for a time",
        "language": "en",
        "subject": "Your question about {term}",
        "body": (
            "Dear {name},\n\n"
            "thank you for writing to us about {term}. I have read what you describe, and half "
            "an hour is enough to tell you whether it is worth automating.\n\n"
            "Please choose a time that suits you:\n{booking_link}\n\n"
            "If none of them does, answer this mail with two or three that do.\n\n"
            "Kind regards\n{me}"
        ),
    },
    {
        "name": "Termin anbieten",
        "language": "de",
        "subject": "Ihre Frage zu {term}",
        "body": (
            "Guten Tag {name},\n\n"
            "vielen Dank für Ihre Nachricht zu {term}. Ich habe gelesen, was Sie beschreiben; in "
            "einer halben Stunde können wir Ihnen sagen, ob sich eine Automatisierung lohnt.\n\n"
            "Bitte wählen Sie eine Zeit, die Ihnen passt:\n{booking_link}\n\n"
            "Passt keine davon, antworten Sie einfach auf diese E-Mail und nennen Sie zwei oder "
            "drei andere.\n\n"
            "Mit freundlichen Grüßen\n{me}"
        ),
    },
    {
        "name": "Propor uma hora",
        "language": "pt",
        "subject": "A sua pergunta sobre {term}",
        "body": (
            "Bom dia, {name},\n\n"
            "obrigado pela sua mensagem sobre {term}. Li o que descreve; em meia hora conseguimos "
            "dizer-lhe se vale a pena automatizar.\n\n"
            "Escolha, por favor, uma hora que lhe convenha:\n{booking_link}\n\n"
            "Se nenhuma servir, responda a este e-mail com duas ou três que sirvam.\n\n"
            "Com os melhores cumprimentos\n{me}"
        ),
    },
]

SAVED_VIEW = {"name": "Asked this week", "query": "show=open&received=7", "is_shared": True}
"""A tab of the inbox that Ines shares with all."""
WEBHOOK = {
    "name": "n8n on this machine (example)",
    "url": "http://127.0.0.1:5678/webhook/headword",
    "events": ["lead.created", "lead.status_changed", "booking.created", "booking.cancelled"],
    "is_active": False,
}
"""Where docs/n8n-headword.json listens; it is told nothing before somebody switches it on."""

# A booking is the first offered time of its offer and host from `day` and `at` on, by the host's
# clock; `acts` follow with the day on which each happens. Staff bring the lead to `state`, write
# `notes` (days ago, text) and a `reply` (days ago, subject, text), which may have `come_back`
# (reason), and plan a `step` (text, days from now).
LEADS: list[dict[str, Any]] = [
    {
        "name": "Helena Prates",
        "email": "helena.prates@example.com",
        "phone": "+351 91 555 0173",
        "company": "Torrefação Prates",
        "message": (
            "We roast coffee for about 300 cafés and get their orders by email, WhatsApp and, I "
            "am not joking, fax. Two people type them in every morning until eleven. Your "
            "example with the roastery could have been us. Could the WhatsApp orders be read as "
            "well, or is that a different problem?"
        ),
        "preferred_time": "Tuesday or Thursday after 15:00 Lisbon time",
        "entry": "workflow-automation",
        "days_ago": 0,
        "state": "booked",
        "owner": "ines",
        "step": ("Look at their order form before the talk", 1),
        "booking": {
            "offer": "free-consultation",
            "host": "ines-carvalho",
            "day": 2,
            "at": "15:00",
            "zone": "Europe/Lisbon",
            "acts": [],
        },
    },
    {
        "name": "Martin Oyelaran",
        "email": "m.oyelaran@example.org",
        "phone": "",
        "company": "Harbour Lifts Ltd",
        "message": (
            "We maintain 1,150 lifts and have seven years of fault reports in a SQL Server "
            "database. Is that enough to predict failures, and do we need to hire somebody for "
            "it or can this be done as a project?"
        ),
        "preferred_time": "Any morning next week before 10:30 UK time",
        "entry": "machine-learning-engineer",
        "days_ago": 2,
        "state": "qualified",
        "owner": "tomas",
        "notes": [
            (1, "Called back. The reports are in English and mostly free text; he can export."),
        ],
        "step": ("Send three questions about the export", 0),
    },
    {
        "name": "Sofie Brandt",
        "email": "sofie.brandt@example.com",
        "phone": "",
        "company": "",
        "message": "Do you also work with charities? We have 40 volunteers and no IT department.",
        "preferred_time": "Evenings after 18:00",
        "entry": None,
        "days_ago": 4,
        "state": "new",
    },
    {
        "name": "Rui Salgado",
        "email": "rui.salgado@example.com",
        "phone": "+351 22 555 0119",
        "company": "Salgado & Filhos, Climatização",
        "message": (
            "Our technicians ring the office twenty times a day to ask what an error code means. "
            "The answers are in about 1,400 pages of PDF manuals from five manufacturers, some "
            "only in German. I would like to know whether a search assistant on their phones is "
            "realistic and what it would cost per month."
        ),
        "preferred_time": "Friday between 9:00 and 12:00",
        "entry": "retrieval-augmented-generation",
        "days_ago": 9,
        "state": "contacted",
        "reply": (
            8.5,
            "Your question about error codes",
            (
                "Dear Rui Salgado,\n\n"
                "that sounds realistic. Could you send us two of the manuals, a German one among "
                "them? Then we can say what it would cost.\n\nKind regards\nInes Carvalho"
            ),
        ),
        "owner": "ines",
        "notes": [
            (8, "Asked for two of the manuals, the German one among them."),
            (3, "Manuals came. The error codes are in tables, which is good news."),
        ],
        "step": ("Ring him about the manuals", -1),
    },
    {
        "name": "Annika Weiss",
        "email": "annika.weiss@example.org",
        "phone": "+49 30 555 0162",
        "company": "Weiss Steuerberatung",
        "message": (
            "A supplier has offered us a chatbot for client questions at €890 a month. After your "
            "article on hallucination I am no longer sure. We are tax advisers, so a wrong answer "
            "is our liability. I would value a second opinion before we sign on the 30th."
        ),
        "preferred_time": "Monday or Wednesday, 8:00 to 9:30",
        "entry": "hallucination",
        "days_ago": 17,
        "state": "",
        "owner": "ines",
        "notes": [(7, "She will not sign. Wants a list of questions for the supplier.")],
        "step": ("Send the list of questions", 3),
        "booking": {
            "offer": "free-consultation",
            "host": "ines-carvalho",
            "day": -12,
            "at": "9:30",
            "zone": "Europe/Berlin",
            "acts": [(-8, "mark_held", {})],
        },
    },
    {
        "name": "Declan Moore",
        "email": "declan@example.com",
        "phone": "",
        "company": "Moore Event Hire",
        "message": (
            "Bookings come in on the website and I copy them to the calendar and to the invoicing "
            "program myself. About 60 a week in summer. Looking for the simplest thing that works."
        ),
        "preferred_time": "Lunchtime any day except Monday",
        "entry": "webhook",
        "days_ago": 41,
        "state": "won",
        "owner": "ines",
        "value": Decimal("2400.00"),
        "notes": [(20, "Takes the two connections, not the third. Starts next month.")],
        "booking": {
            "offer": "free-consultation",
            "host": "ines-carvalho",
            "day": -36,
            "at": "12:00",
            "zone": "Europe/Dublin",
            "acts": [(-30, "mark_held", {})],
        },
    },
    {
        "name": "Carla Monteiro",
        "email": "carla.monteiro@example.com",
        "phone": "+351 93 555 0128",
        "company": "Monteiro Rolamentos",
        "message": (
            "We have 14,000 articles in stock and three people who name them. Before we let "
            "anything forecast our orders I would like to know whether the sales history since "
            "2019 can be used at all. Half of it was typed in by hand."
        ),
        "preferred_time": "",
        "entry": "data-pipeline",
        "days_ago": 1,
        "state": "new",
        "booking": {
            "offer": "data-check",
            "host": "tomas-lind",
            "day": 5,
            "at": "9:00",
            "zone": "Europe/Lisbon",
            "acts": [],
        },
    },
    {
        "name": "Yusuf Demir",
        "email": "yusuf.demir@example.org",
        "phone": "",
        "company": "Demir Logistics",
        "message": (
            "Our forwarders answer the same question 80 times a day: where is my shipment? I "
            "would like to hear what a chatbot can take over and what it must not promise."
        ),
        "preferred_time": "",
        "entry": "chatbot",
        "days_ago": 6,
        "state": "booked",
        "owner": "tomas",
        "booking": {
            "offer": "free-consultation",
            "host": "tomas-lind",
            "day": 1,
            "at": "8:30",
            "zone": "Europe/Istanbul",
            "acts": [(-2, "move", {"day": 6, "at": "10:00"})],
        },
    },
    {
        "name": "Ingrid Solheim",
        "email": "ingrid.solheim@example.com",
        "phone": "",
        "company": "Solheim Arkitekter",
        "message": "Twelve architects, one shared inbox. Can the sorting be done for us?",
        "preferred_time": "",
        "entry": "workflow-automation",
        "days_ago": 5,
        "state": "",
        "booking": {
            "offer": "free-consultation",
            "host": "ines-carvalho",
            "day": 4,
            "at": "11:00",
            "zone": "Europe/Oslo",
            "acts": [
                (-1, "cancel", {"reason": "Our old supplier has offered to do it. Thank you!"})
            ],
        },
    },
    {
        "name": "Peter Hallam",
        "email": "p.hallam@example.org",
        "phone": "+44 161 555 0107",
        "company": "Hallam & Reed Print",
        "message": "Quotes by email, forty a week, all slightly different. Worth a talk?",
        "preferred_time": "",
        "entry": "ai-agent",
        "days_ago": 13,
        "state": "",
        "owner": "tomas",
        "notes": [(4, "No answer on the phone.")],
        "reply": (
            3.9,
            "Another time?",
            (
                "Dear Peter Hallam,\n\n"
                "we did not reach you for our talk. Shall we find another time? Mornings "
                "before ten are good for us.\n\nKind regards\nTomas Lind"
            ),
        ),
        "come_back": "452 4.2.2 The mailbox is full",
        "step": ("Ask once more whether another time suits", 2),
        "booking": {
            "offer": "free-consultation",
            "host": "tomas-lind",
            "day": -9,
            "at": "9:00",
            "zone": "Europe/London",
            "acts": [(-5, "mark_no_show", {})],
        },
    },
    {
        "name": "Bruno Teixeira",
        "email": "bruno.teixeira@example.com",
        "phone": "+351 21 555 0190",
        "company": "Clínica do Largo",
        "message": (
            "Our reception answers the same twenty questions all day. Could a voice assistant "
            "take the calls outside opening hours? Patient data must stay with us."
        ),
        "preferred_time": "After 18:00",
        "entry": "chatbot",
        "days_ago": 26,
        "state": "lost",
        "owner": "tomas",
        "notes": [
            (24, "Would need its own server for the recordings; explained what that costs.")
        ],
        "reason": "No budget for it before next year.",
        "step": ("Ask again when their new year is planned", 60),
    },
    {
        "name": "H. Prates",
        "email": "helena.prates@example.com",
        "phone": "",
        "company": "",
        "message": "Can a program read handwritten orders? Just a question for now.",
        "preferred_time": "",
        "entry": "robotic-process-automation",
        "days_ago": 33,
        "state": "contacted",
        "owner": "ines",
        "notes": [(32, "Answered on the phone: mostly, if they are always on the same form.")],
    },
    {
        "name": "Rank Booster Team",
        "email": "growth@rankbooster.example",
        "phone": "",
        "company": "",
        "message": (
            "Dear website owner, we place 300 premium backlinks on your site within 48 hours. "
            "First page guaranteed. Reply YES for the price list."
        ),
        "preferred_time": "",
        "entry": None,
        "days_ago": 3,
        "state": "spam",
        "reason": "The hidden field was filled in, which people do not see.",
    },
]
