"""The words of the demonstration site: a fictional automation consultancy in Lisbon.

Plain constants only. The glossary entries are Markdown files in ``entries/``, the portraits
are in ``portraits/`` and the logo is ``logo.png``. All people, companies, addresses and
telephone numbers here are invented.
"""

from typing import Any

AUTHORS: list[dict[str, Any]] = [
    {
        "slug": "ines-carvalho",
        "name": "Ines Carvalho",
        "role": "Python Developer and AI Automation Specialist",
        "biography": (
            "Ines has written Python for small and mid-sized companies since 2013, first for a "
            "freight forwarder in Porto and since 2019 as a consultant. She builds the systems "
            "that read, sort and answer, and the tests that show whether they do it well. In "
            "her view the best automation is *the one the team stops noticing*."
        ),
        "portrait": "ines-carvalho.png",
        "portrait_alt": (
            "Illustrated portrait of Ines Carvalho, with dark shoulder-length hair, round "
            "glasses and a teal jacket"
        ),
        "links": [
            {"label": "Website", "url": "https://example.com/ines-carvalho"},
            {"label": "Code", "url": "https://example.com/code/ines-carvalho"},
        ],
    },
    {
        "slug": "tomas-lind",
        "name": "Tomas Lind",
        "role": "Data Engineer and Process Analyst",
        "biography": (
            "Tomas spent nine years looking after the data of a Nordic wholesale group before "
            "he moved to Lisbon. He begins each project by sitting next to the people who do "
            "the work, with a notebook and a stopwatch, and only then looks at the databases. "
            "He reviews every calculation that Northlight puts in a proposal."
        ),
        "portrait": "tomas-lind.png",
        "portrait_alt": (
            "Illustrated portrait of Tomas Lind, with short fair hair, a trimmed beard and a "
            "dark blue jumper"
        ),
        "links": [
            {"label": "Website", "url": "https://example.com/tomas-lind"},
            {"label": "Talks", "url": "https://example.com/talks/tomas-lind"},
        ],
    },
]

SITE: dict[str, str] = {
    "name": "Northlight Automation",
    "tagline": "Practical AI and automation for companies of 10 to 300 people",
    "organisation_name": "Northlight Automation, Lda.",
    "contact_email": "hello@northlight.example",
    "contact_phone": "+351 21 555 0148",
    "marketing_text": (
        "You may write to me when there is a new guide or workshop, a few times a year at most."
    ),
    "address": "Rua do Farol Antigo 27, 2.º Esq.\n1200-999 Lisboa\nPortugal",
    "footer": (
        "Northlight Automation is a two-person consultancy in Lisbon. We work in English, "
        "Portuguese and Swedish. The glossary may be quoted with a link to the source."
    ),
    "home_heading": "AI and automation, explained plainly",
    "home_intro": (
        "A working glossary for people who have to decide what to automate, what to buy and "
        "what to leave alone. Each entry gives the short answer first, then an example with "
        "numbers, the usual costs and the limits. It is written by two practitioners and "
        "corrected when a project proves us wrong."
    ),
    "home_body": """\
## What we do

We take routine work off the desks of small and mid-sized companies: orders that arrive by
email, invoices that have to be typed, reports that somebody assembles on the first of each
month, questions whose answers are in a manual. Sometimes this calls for a language model. More
often it takes two programs that talk to each other and a rule that was never written down.

## How we work

1. **Look.** We spend a day with the people who do the job and count what happens.
2. **Calculate.** You get two pages with the expected saving, the price and the risks. About one
   project in three ends here, because the sum does not work out.
3. **Build.** A first version runs alongside the present way of working within four to six weeks.
4. **Hand over.** Your team receives the code, the instructions and a test set, and can carry on
   without us.

## Who is behind it

**Ines Carvalho** writes the software and **Tomas Lind** looks after data and processes. Each
reads what the other writes before it goes to a client, and the same holds for much of this
glossary: where an entry has been reviewed, the reviewer is named.
""",
    "accent_colour": "#0f6b5c",
    "privacy_text": """\
## Who is responsible

Northlight Automation, Lda., Rua do Farol Antigo 27, 2.º Esq., 1200-999 Lisboa, Portugal, is the
controller of the personal data described here. Write to
[hello@northlight.example](mailto:hello@northlight.example) with any question or request.

## What a consultation request stores

When you send the form we store what you typed into it (name, email address and message, and
telephone number, company and preferred time if you gave them), the page you came from and the
time. If you book, we also keep the time that you chose and your time zone. We use it to answer
you, to arrange the conversation and to follow it up. The legal basis is your request for a
possible contract. We do not sell it, and we do not use it to train models.

## What reading leaves behind

Nothing that says who you are: the pages set no cookie. Your progress on a learning path and
choices such as switched-off previews stay in your own browser. We count which words are searched
for, not who searches for them; answers to “Was this helpful?” come without your name.

## How long we keep it

If no work comes of the request, we delete it twelve months after our last contact. If you become
a client, the law requires us to keep business correspondence and invoices for longer.

## Your rights

You may ask for a copy of your data, have it corrected or deleted, or object to its use. An email
is enough, and we reply within a month. You may also complain to the Portuguese supervisory
authority, the Comissão Nacional de Proteção de Dados.
""",
}

TOPICS = {
    "Foundations": (
        "The terms that every conversation about AI and automation rests on, explained without "
        "assuming a technical background."
    ),
    "Language models": (
        "How programs read and write ordinary language, what they cost to use, and where they "
        "need checking."
    ),
    "Machine learning": (
        "Models that learn from examples: how they are trained, how they are tested and how they "
        "fail."
    ),
    "Automation": (
        "Connecting programs so that routine steps happen on their own and people see only the "
        "cases that need them."
    ),
    "Data": (
        "Where the examples and documents come from, how they are moved and stored, and how to "
        "tell whether they can be trusted."
    ),
    "Roles and practice": (
        "Who does the work, who checks it, and the habits that keep a system useful after its "
        "first month."
    ),
}

COMPARISONS: list[dict[str, Any]] = [
    {
        "left": "robotic-process-automation",
        "right": "workflow-automation",
        "introduction": (
            "*Workflow automation* is the aim: a sequence of routine steps runs by itself. "
            "*Robotic process automation* is one means to it: a program works the screens of "
            "other programs as a person would. They are often offered as rivals, and in most "
            "offices they end up side by side."
        ),
        "differences": [
            (
                "What it connects to",
                "The screens that people use",
                "The interfaces that programs offer each other, such as APIs and webhooks",
            ),
            (
                "What the vendor has to provide",
                "Nothing",
                "A documented interface, or at least an import and an export",
            ),
            (
                "Speed per case",
                "Seconds to minutes: it waits for each window as you would",
                "Usually a second or two; longer where a person or a model has to read something",
            ),
            (
                "After a software update",
                "May stop because a field has moved",
                "Rarely affected, since interfaces are changed with notice",
            ),
            (
                "Typical first version",
                "Days to a few weeks, for one task at one desk",
                "One to four weeks, for a process from its first step to its last",
            ),
            (
                "Fits best",
                "An old program without any interface, or one that is about to be replaced",
                "A process that will still be there in five years",
            ),
        ],
        "verdict": (
            "Ask first whether the programs concerned have an [API](/glossary/api/). If they do, "
            "build the workflow on it. If one of them does not, let a robot take over that single "
            "step and keep the rules and the exceptions in the workflow, where you can see them. "
            "Write down the date on which the robot may go.\n\n"
            "In both cases decide beforehand who looks at what cannot be handled: a "
            "[human in the loop](/glossary/human-in-the-loop/) costs less than a wrong posting "
            "that nobody notices."
        ),
    },
    {
        "left": "machine-learning",
        "right": "deep-learning",
        "introduction": (
            "Deep learning is a part of machine learning: the part that uses neural networks of "
            "many layers. So the real question is seldom one or the other, but whether your "
            "problem needs the deep kind."
        ),
        "differences": [
            (
                "Suits",
                "Tables: customers, invoices, sensor readings in columns",
                "Images, sound and free text",
            ),
            (
                "Who decides what matters in the data",
                "A person chooses and prepares the features",
                "The network finds them in the raw data",
            ),
            (
                "Examples needed",
                "From a few hundred rows upwards",
                "Many thousands from nothing; a few hundred when a trained network is adapted",
            ),
            (
                "Hardware",
                "An ordinary laptop",
                "A graphics processor for training, rented by the hour",
            ),
            (
                "Time to train",
                "Seconds to minutes",
                "Hours to weeks; an evening when a trained network is adapted",
            ),
            (
                "Explaining a result",
                "Often possible, column by column",
                "Only by approximation",
            ),
        ],
        "verdict": (
            "If your data fits into a spreadsheet, begin with a simple method such as gradient "
            "boosting, and compare it with something dull. If it consists of pictures, recordings "
            "or letters, look for a finished network first and adapt it by "
            "[fine-tuning](/glossary/fine-tuning/) only where it falls short.\n\n"
            "Whichever you choose, the [training data](/glossary/training-data/) decides more "
            "than the method does."
        ),
    },
]

PATHS: list[dict[str, Any]] = [
    {
        "title": "Automation from the beginning",
        "slug": "automation-from-the-beginning",
        "topic": "Automation",
        "introduction": (
            "For people who run a process and wonder which part of it could run by itself. After "
            "these five terms you can tell what a supplier is offering you, and what to ask."
        ),
        "steps": [
            ("workflow-automation", "The whole picture first, with a sum to copy."),
            ("api", "What most connections between two programs rest on."),
            ("webhook", "How a program hears at once that something has happened."),
            ("robotic-process-automation", "For the program that offers no way in."),
            ("human-in-the-loop", "Who looks at what the rules cannot decide."),
        ],
    },
]

START_HERE: dict[str, list[str]] = {
    "Automation": ["workflow-automation", "api", "human-in-the-loop"],
    "Machine learning": ["machine-learning", "training-data", "overfitting"],
}
