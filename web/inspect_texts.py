"""Every sentence that the inspectors' scripts show; ``{name}`` is filled in by `t` of page.js."""

from collections.abc import Mapping
from types import MappingProxyType

from stationmap.messages import N_
from web.inspect_screen_texts import SCREEN_TEXTS
from web.words import catalogue

ENGINE_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "engine.opening": N_("Opening what this phone keeps …"),
        "engine.failed": N_(
            "Something went wrong on this page; what you entered is kept on this phone. Load the "
            "page anew."
        ),
        # nowhere to keep anything
        "engine.private": N_(
            "This browser window keeps nothing, as private windows do, so an inspection could be "
            "lost. Open this page in an ordinary window."
        ),
        "engine.blocked": N_(
            "Another window shows an older version of this page. Close it, and load this page anew."
        ),
        "engine.gone": N_(
            "The phone has taken away this page's storage. Load the page anew; what was submitted "
            "is safe."
        ),
        "engine.full": N_(
            "The phone has no room left, and this last step was not kept; all before it is. Submit "
            "what is unsent or free some space, then try again."
        ),
        "engine.may_be_cleared": N_(
            "The browser may clear what is unsent when the phone runs out of room. Submit soon."
        ),
        # who
        "engine.sign_in": N_("You are signed in no longer. What is unsent stays on this phone."),
        "engine.sign_in_link": N_("Sign in"),
        "engine.account": N_("My account"),
        "engine.nobody": N_(
            "This phone does not know yet who you are. Sign in once with a network; after that "
            "these pages open without one."
        ),
        "engine.other": N_(
            "Somebody else is signed in on this phone now. What “{name}” has not submitted waits "
            "for them."
        ),
        "engine.insecure": N_(
            "Inspections need an encrypted connection: open this page by its address that begins "
            "with https. Ask the system's administrator for it."
        ),
        "engine.load": N_("Load anew"),
        # network
        "engine.offline": N_("No network. Everything is kept on this phone and sent later."),
        "engine.slow": N_("The network is very slow; sending is tried again by itself."),
        "engine.busy": N_("The server cannot take it just now; sending is tried again by itself."),
        "engine.unread": N_(
            "The server's answer could not be read; sending is tried again by itself. If this is a "
            "public network, sign in to it first."
        ),
        "engine.not_kept": N_("There is no network, and this was not taken along."),
        # what became of a draft
        "engine.finished": N_("This inspection is submitted already; nothing was changed."),
        "engine.discarded": N_("This draft was discarded in another window."),
        "engine.conflict": N_(
            "The server has another version of this inspection; this one was sent as a further "
            "inspection, and both are kept."
        ),
        "engine.photo_lost": N_(
            "A photo of this inspection can no longer be read on this phone. Open the inspection, "
            "take the photo again or leave it out, and submit."
        ),
        # photos
        "engine.photo_format": N_(
            "This phone's browser cannot read the picture. Choose “most compatible” (JPEG) in the "
            "camera's settings and take it again."
        ),
        # new version
        "engine.update": N_("A new version of these pages is ready; nothing unsent is touched."),
        "engine.update_now": N_("Use it now"),
    }
)


def script_texts(lang: str) -> dict[str, str]:
    """All of them, and those of the screens, in one language, not yet filled in."""
    words = catalogue(lang)
    texts = {**SCREEN_TEXTS, **ENGINE_TEXTS}
    return {key: words.get(text, text) for key, text in texts.items()}
